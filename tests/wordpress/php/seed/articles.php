<?php
// The newspaper's articles and pages, every word invented. Times are UTC; HOME stands for the site's
// address. What must never reach an archive carries a word beginning with HIDDEN, one word per reason.

return [
'ferry' => ['title' => 'Ferry timetable changes on Monday', 'at' => '2006-03-06 12:00:00', 'by' => 'wren', 'tags' => ['ferry', 'transport'],
    'text' => 'The six o’clock ferry will leave at ten past six from Monday, the harbour office said.'],
'bridge' => ['title' => 'Bridge report', 'slug' => 'bridge-report', 'at' => '2006-05-02 15:30:00', 'by' => 'otto', 'tags' => ['bridge'], 'text' => <<<'T'
The inspector walked the old swing bridge from end to end and found eleven loose planks.

He wrote them down in pencil, because, he said, planks change their minds.
T],
'bridge-follow-up' => ['title' => 'Bridge report: a follow-up', 'slug' => 'bridge-report-follow-up', 'at' => '2006-05-19 15:30:00', 'by' => 'otto',
    'tags' => ['bridge'], 'text' => <<<'T'
Nine of the eleven planks named in <a href="HOME/archives/2006/05/bridge-report.php">our report of May 2</a> are now fixed.

The other two were found to be a shadow and a gull.
T],
'bridge-again' => ['title' => 'Bridge report', 'slug' => 'bridge-report', 'at' => '2006-05-30 09:00:00', 'by' => 'wren', 'tags' => ['bridge', 'gulls'],
    'text' => 'A third inspection found nothing at all, and the inspector seemed a little disappointed.'],
'council' => ['title' => 'What the council decided', 'at' => '2007-02-14 01:10:00', 'by' => 'otto', 'in' => ['Town Hall'], 'tags' => ['council', 'budget'],
    'text' => <<<'T'
The council sat until after eight and decided four things.

<h2>Lamps</h2>
Every second lamp on the quay will be repaired, beginning with the ones that are already broken.

<h2>Benches</h2>
The benches come back in April:
<ul>
<li>four on the upper quay,</li>
<li>two by the rope store,</li>
<li>one, on trial, inside the bus shelter.</li>
</ul>
<h3>What they cost</h3>
Nothing was said about the cost.
T],
'quotes' => ['title' => 'Rock "n" Roll & the Mayor\'s <em>Hat</em>', 'at' => '2007-07-08 16:00:00', 'by' => 'ines', 'in' => ['Culture', 'Harbour & Coast'],
    'tags' => ['R&B', 'hats'], 'text' => <<<'T'
The hat was last seen at the back of the hall, near the drums.

<blockquote>I did not throw it. It left.</blockquote>

So said the mayor, who was "not amused" -- but danced until 11 o'clock & beyond, 3 < 4 times.
T],
'clocks' => ['title' => 'Clocks go back tonight', 'at' => '2007-11-03 16:00:00', 'by' => 'wren', 'tags' => ['time'],
    'text' => 'At two o’clock it will be one o’clock again, and the night watch has asked to be paid for both.'],
'new-year' => ['title' => 'Fireworks before midnight', 'at' => '2008-01-01 04:30:00', 'by' => 'ines', 'tags' => ['time', 'fireworks'],
    'text' => 'The fireworks went off half an hour early. Nobody had told the fog.'],
'prices' => ['title' => 'Fish prices this week', 'at' => '2008-06-20 11:00:00', 'by' => 'otto', 'in' => ['Harbour & Coast'], 'tags' => ['fish', 'prices'],
    'text' => <<<'T'
Prices at the early auction, in pennies a pound:

<table>
<thead><tr><th>Fish</th><th>Monday</th><th>Friday</th></tr></thead>
<tbody><tr><td>Haddock</td><td>212</td><td>198</td></tr><tr><td>Whiting</td><td>90</td><td>104</td></tr></tbody>
</table>

The whiting, the auctioneer noted, were cheerful.
T],
'photo' => ['title' => 'The lighthouse gets a new coat', 'at' => '2009-04-11 13:45:00', 'by' => 'ines', 'tags' => ['lighthouse', 'pictures'], 'text' => <<<'T'
[caption id="attachment_9" align="alignleft" width="300"]<a href="HOME/wp-content/uploads/tower.png"><img src="HOME/wp-content/uploads/tower.png" alt="A white tower" width="300" height="200" /></a> The tower on Friday, before the rain.[/caption]

Two painters and a goat took nine days over it. The goat supervised.

<img src="HOME/wp-content/uploads/goat.png" alt="The goat" />
T],
'long-read' => ['title' => 'A history of the rope store, in three parts', 'at' => '2010-10-10 10:10:10', 'by' => 'otto', 'tags' => ['history', 'rope'], 'text' => <<<'T'
The first rope store stood on posts, and burned twice.

Of the first fire only a bill for buckets is left.

<!--nextpage-->

The second store was brick. It held forty miles of rope and one piano.

<!--nextpage-->

The third is the one we have. The piano is still there, and ropes are made to order.
T],
'cafe' => ['title' => 'Café Zoë réouvre — naïve façade, très bien', 'at' => '2011-05-05 08:00:00', 'by' => 'ines', 'in' => ['Culture'], 'tags' => ['café'],
    'text' => 'Die Bäckerin grüßt, der Kaffee ist heiß, and the señora at the till takes coins from any coast.'],
'quay' => ['title' => 'Рынок на набережной', 'at' => '2011-09-17 06:00:00', 'by' => 'ines', 'in' => ['Culture'], 'tags' => ['рынок'],
    'text' => 'Субботний рынок открылся на набережной. The bread was gone by nine.'],
'untitled' => ['title' => '', 'at' => '2012-01-20 18:00:00', 'by' => 'wren', 'tags' => [],
    'text' => 'A picture of the fog was meant to stand here, but there was too much fog.'],
'number' => ['title' => '1984', 'at' => '2012-08-08 12:00:00', 'by' => 'otto', 'tags' => ['history'],
    'text' => 'In that year the harbour froze, and the skaters published a newspaper of their own.'],
'dredging' => ['title' => 'Harbour dredging: readers have their say', 'at' => '2013-03-01 14:00:00', 'by' => 'otto', 'in' => ['Harbour & Coast', 'Town Hall'],
    'tags' => ['dredging', 'harbour'], 'text' => <<<'T'
Dredging begins on the first of next month. We asked what you think, and opened the page for letters.

The mud is to be carried to <a href="HOME/?p=1">the north field</a>, where nobody has been asked.
T],
'ladder' => ['title' => 'Who owns the ladder?', 'at' => '2014-06-06 09:30:00', 'by' => 'wren', 'tags' => ['ladder'],
    'text' => 'A ladder has leaned against the customs house since spring. Three owners have come forward, each with a different ladder.'],
'echo' => ['title' => 'The echo under the viaduct', 'at' => '2015-02-02 02:02:02', 'by' => 'ines', 'in' => ['Culture'], 'tags' => ['echo'], 'comments' => 'open',
    'text' => 'Shout twice and it answers once. Other papers have written of it since.'],
'closed' => ['title' => 'Letters on the parking meters are closed', 'at' => '2016-04-01 05:00:00', 'by' => 'otto', 'tags' => ['parking'], 'comments' => 'closed',
    'text' => 'After four hundred letters we know what everyone thinks of the meters, and so do the meters.'],
'more' => ['title' => 'The pigeon that took the bus', 'at' => '2017-09-09 09:09:09', 'by' => 'wren', 'tags' => ['pigeons', 'transport'], 'excerpt' => 'A bird, a bus, a fare.',
    'text' => <<<'T'
It got on at the market and paid nothing.

<!--more-->

It got off at the sea, which is farther than the ticket it did not have.
T],
'blocks' => ['title' => 'Written in blocks', 'at' => '2019-03-10 06:59:59', 'by' => 'ines', 'tags' => ['pictures'], 'text' => <<<'T'
<!-- wp:paragraph {"dropCap":true} -->
<p class="has-drop-cap">The new press sets its pages from blocks of lead, like the old one, only smaller.</p>
<!-- /wp:paragraph -->
<!-- wp:heading -->
<h2 class="wp-block-heading">How it goes</h2>
<!-- /wp:heading -->
<!-- wp:list {"ordered":true} -->
<ol><!-- wp:list-item --><li>Pour.</li><!-- /wp:list-item --><!-- wp:list-item --><li>Wait.</li><!-- /wp:list-item --></ol>
<!-- /wp:list -->
<!-- wp:quote -->
<blockquote class="wp-block-quote"><!-- wp:paragraph --><p>It smells of thunder.</p><!-- /wp:paragraph --><cite>The apprentice</cite></blockquote>
<!-- /wp:quote -->
<!-- wp:image -->
<figure class="wp-block-image"><img src="HOME/wp-content/uploads/press.png" alt="The press"/><figcaption class="wp-element-caption">The press, asleep.</figcaption></figure>
<!-- /wp:image -->
T],
'first-of-two' => ['title' => 'Two boats leave at once', 'at' => '2020-05-05 05:05:05', 'by' => 'wren', 'tags' => ['ferry'],
    'text' => 'The first boat left at five past five and five seconds.'],
'second-of-two' => ['title' => 'Two boats arrive at once', 'at' => '2020-05-05 05:05:05', 'by' => 'wren', 'tags' => ['ferry'],
    'text' => 'The second boat did everything the first did, and will not say why.'],
'corrected' => ['title' => 'Correction: the whale was a buoy', 'at' => '2021-01-31 20:00:00', 'modified' => '2022-02-02 22:02:02', 'by' => 'otto',
    'tags' => ['corrections'], 'in' => ['Harbour & Coast'], 'text' => <<<'T'
An earlier version of this article described a whale. It was a buoy.

The buoy has accepted our apology.
T],
'sticky' => ['title' => 'How to write to us 📮', 'at' => '2018-01-02 17:00:00', 'by' => 'wren', 'tags' => ['letters'], 'sticky' => true,
    'text' => 'Be kind, be brief, and sign with whatever name you like.'],
'newest' => ['title' => 'Storm expected on Thursday', 'at' => '2024-11-12 21:15:00', 'by' => 'otto', 'in' => ['News', 'Harbour & Coast'], 'tags' => ['storm', 'ferry'],
    'text' => <<<'T'
The weather office expects a storm by Thursday noon. Boats should be doubled up and hats left at home.

The ferry will run <strong>until it does not</strong>.
T],

'about' => ['title' => 'About this paper', 'type' => 'page', 'at' => '2006-01-01 12:00:00', 'by' => 'wren', 'comments' => 'open',
    'text' => 'The Gazette is printed in an invented town and read wherever tests are run.'],
'staff' => ['title' => 'Who we are', 'type' => 'page', 'under' => 'about', 'at' => '2006-01-01 12:30:00', 'by' => 'wren', 'comments' => 'closed',
    'text' => 'Three writers, one press, and the gull.'],

'draft' => ['title' => 'HIDDENDRAFT notes', 'status' => 'draft', 'at' => '2024-01-01 10:00:00', 'by' => 'otto', 'text' => 'HIDDENDRAFT: not ready, not read.'],
'pending' => ['title' => 'HIDDENPENDING review', 'status' => 'pending', 'at' => '2024-01-02 10:00:00', 'by' => 'ines', 'text' => 'HIDDENPENDING: waits for an editor.'],
'private' => ['title' => 'HIDDENPRIVATE minutes', 'status' => 'private', 'at' => '2024-01-03 10:00:00', 'by' => 'otto', 'text' => 'HIDDENPRIVATE: for the desk alone.'],
'future' => ['title' => 'HIDDENFUTURE news', 'status' => 'future', 'at' => '2099-01-01 10:00:00', 'by' => 'wren', 'text' => 'HIDDENFUTURE: not yet true.'],
'trashed' => ['title' => 'HIDDENTRASHEDPOST story', 'status' => 'publish', 'trash' => true, 'at' => '2024-01-04 10:00:00', 'by' => 'wren',
    'text' => 'HIDDENTRASHEDPOST: withdrawn before the ink dried.'],
'protected' => ['title' => 'For subscribers of the harbour bulletin', 'password' => 'buoy', 'at' => '2024-01-05 10:00:00', 'by' => 'ines', 'tags' => ['harbour'],
    'text' => 'HIDDENPROTECTED: the depth of the channel, to the inch.', 'excerpt' => 'HIDDENPROTECTEDEXCERPT'],
'draft-page' => ['title' => 'HIDDENDRAFTPAGE', 'type' => 'page', 'status' => 'draft', 'at' => '2024-01-06 10:00:00', 'by' => 'wren', 'text' => 'HIDDENDRAFTPAGE: blank for now.'],
];
