<?php
// What the readers wrote, below which article: every word invented. `at` is a UTC time or minutes after
// the article; `id` names a letter so that another can stand `under` it. Held, spam and trashed letters,
// and those below articles nobody may see, carry a word beginning with HIDDEN.

$deep = [];
foreach (range(1, 9) as $step) {  // four steps deeper than the nesting limit of five
    $deep[] = ['id' => "rung-$step", 'under' => $step > 1 ? 'rung-' . ($step - 1) : null, 'who' => $step % 2 ? 'Rung Counter' : 'Ladder Owner',
        'text' => "Rung number $step is mine, and so is whatever hangs from it."];
}

return [
'ferry' => [
    ['who' => 'O\'Brien & Sons', 'url' => 'http://chandlers.test/?a=1&b=2', 'text' => 'Ten past six is "too late" for the bread & too early for the fish.'],
    ['who' => '', 'text' => 'I have no name and no boat.'],
    ['id' => 'salt', 'who' => 'Old Salt', 'text' => "It was always ten past six.\n\nThe clock was wrong, not the ferry.\n\nAsk anyone who missed it."],
    ['under' => 'salt', 'who' => 'Tilda Quill', 'url' => 'https://quill.test/blog/', 'text' => 'I missed it. You are right. 😀⛴️'],
    ['who' => 'Héloïse Übermorgen', 'text' => 'À quelle heure exactement? — merci'],
    ['who' => 'Spammer', 'text' => 'HIDDENSPAM cheap oars http://oars.test/', 'status' => 'spam'],
    ['who' => 'Hasty', 'text' => 'HIDDENTRASHED I take it back.', 'status' => 'trash'],
    ['who' => 'Newcomer', 'text' => 'HIDDENHELD first letter ever.', 'status' => '0'],
],
'bridge' => [
    ['who' => 'harbour_watcher', 'text' => 'Plank seven is the one. See <a href="http://planks.test/seven" title="seven">my list</a> and http://planks.test/eight as well.'],
    ['who' => 'Plank Friend', 'text' => "<blockquote>Planks change their minds.</blockquote>\nDo they? <em>Do they</em> <strong>really</strong>?\nA line break stands before this one."],
    ['who' => 'Mischief', 'text' => 'Look: <script>alert("no")</script><img src="http://x.test/x.png"> <b>bold</b> <i>unclosed [gallery] :) 2 < 3'],
    ['who' => '2fast', 'text' => '+1'],
],
'quotes' => [
    ['who' => 'The "Real" Hat <hat@hall.test>', 'text' => 'It left because of the drums.'],
    ['who' => 'Ines Fallow', 'user' => 'ines', 'text' => 'The writer of this article saw it go.'],
    ['who' => 'Wren Tallow', 'user' => 'wren', 'text' => 'Another writer did not.'],
],
'clocks' => [  // the hour that comes twice: 5:30 and 6:30 UTC are both 1:30 in the morning in New York
    ['who' => 'Night Watch', 'at' => '2007-11-04 05:30:00', 'text' => 'Half past one, all is well.'],
    ['who' => 'Night Watch', 'at' => '2007-11-04 05:59:59', 'text' => 'The last second of the first round.'],
    ['who' => 'Night Watch', 'at' => '2007-11-04 06:00:00', 'text' => 'The first second of the second round.'],
    ['who' => 'Night Watch', 'at' => '2007-11-04 06:30:00', 'text' => 'Half past one, all is well again.'],
    ['who' => 'Day Watch', 'at' => '2008-03-09 06:59:59', 'text' => 'Before the hour that is missing.'],
    ['who' => 'Day Watch', 'at' => '2008-03-09 07:00:00', 'text' => 'After the hour that is missing.'],
],
'new-year' => [
    ['who' => 'Early Bird', 'at' => '2008-01-01 04:59:59', 'text' => 'Still last year here.'],
    ['who' => 'Late Bird', 'at' => '2008-01-01 05:00:00', 'text' => 'Already this year here.'],
    ['who' => 'Twin One', 'at' => '2008-01-01 05:00:01', 'text' => 'Written in the same second.'],
    ['who' => 'Twin Two', 'at' => '2008-01-01 05:00:01', 'text' => 'Written in the same second, too.'],
    ['who' => 'Twin Two', 'at' => '2008-01-01 05:00:02', 'text' => 'Written in the same second, too.'],
],
'council' => [
    ['id' => 'held', 'who' => 'Hothead', 'text' => 'HIDDENHELDPARENT an outburst about lamps.', 'status' => '0'],
    ['id' => 'calm', 'under' => 'held', 'who' => 'Calm Reader', 'text' => 'There, there. This reply stands under a letter that is held.'],
    ['under' => 'calm', 'who' => 'Calmer Reader', 'text' => 'And this one a step below it.'],
    ['id' => 'spam-parent', 'who' => 'Seller', 'text' => 'HIDDENSPAMPARENT lamps lamps lamps', 'status' => 'spam'],
    ['under' => 'spam-parent', 'who' => 'Fooled Reader', 'text' => 'How much for two? (a reply to what was spam)'],
    ['id' => 'gone', 'who' => 'Regretful', 'text' => 'HIDDENTRASHEDPARENT never mind the benches.', 'status' => 'trash'],
    ['under' => 'gone', 'who' => 'Bench Friend', 'text' => 'I do mind the benches. (a reply to what was trashed)'],
    ['who' => 'Plain Reader', 'text' => 'One bench inside the shelter is one too few.'],
],
'ladder' => [
    ...$deep,
    ['under' => 'rung-2', 'who' => 'Passer-by', 'text' => 'I only lean here.'],
    ['who' => 'Customs', 'text' => 'It is our wall, at least.'],
],
'echo' => [
    ['who' => 'Echo, echo « The Far Shore Post', 'type' => 'pingback', 'url' => 'http://farshore.test/2015/02/echo/',
        'text' => '[&#8230;] the echo under the viaduct, says the Gazette [&#8230;]'],
    ['who' => 'Viaduct Notes', 'type' => 'trackback', 'url' => 'http://viaduct.test/notes?id=7&x=y', 'text' => "<strong>Viaduct Notes</strong>\n\nWe shouted, and it answered."],
    ['who' => 'HIDDENHELDPING', 'type' => 'pingback', 'url' => 'http://held.test/', 'text' => '[...] HIDDENHELDPING [...]', 'status' => '0'],
    ['id' => 'shout', 'who' => 'Loud Reader', 'text' => 'HELLO'],
    ['under' => 'shout', 'who' => 'The Echo', 'text' => 'hello'],
],
'closed' => [['who' => 'Motorist', 'text' => 'The four hundredth letter.'], ['who' => 'Meter', 'text' => 'Tick.']],
'newest' => [
    ['who' => 'Skipper', 'text' => "Doubled up since noon.\n\nHat left at home."],
    ['who' => '🌊', 'text' => '🌊🌊🌊'],
    ['who' => 'Skipper', 'text' => "ß, ñ, 漢字 and \u{202E}mirrored\u{202C} words, for the printer."],
],
'about' => [
    ['id' => 'praise', 'who' => 'Faithful Reader', 'text' => 'A letter below a page, not an article.'],
    ['under' => 'praise', 'who' => 'Wren Tallow', 'user' => 'wren', 'text' => 'Thank you.'],
],
'protected' => [['who' => 'Subscriber', 'text' => 'HIDDENONPROTECTED eleven feet four.']],
'draft' => [['who' => 'Subeditor', 'text' => 'HIDDENONDRAFT check this.']],
'private' => [['who' => 'Clerk', 'text' => 'HIDDENONPRIVATE noted.']],
'trashed' => [['who' => 'Quick Reader', 'text' => 'HIDDENONTRASHED I saw it before it went.']],
];
