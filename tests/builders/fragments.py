"""What plugins and themes put into the box of an article, new at each visit: `fragment(n)` is the n-th.

The markup is as the plugins write it; names and words are invented.
"""

# ruff: noqa: E501  (invented markup reads better in one line)

import hashlib
import random

WORDS = [
    "Tar",
    "Nets",
    "Ropes and knots",
    "The bell of the chapel",
    "Winter quarters",
    "A keeper retires",
    "Salt prices",
    "The long pier",
    "Fog signals",
    "Herring at last",
]
LINES = [
    "Rope, half price!",
    "Two buoys for one",
    "Paint your hull before the frost comes, at Marsh and Sons",
    "New oilskins are in. Come and try them on.",
    "A lamp that never goes out, now with a spare wick",
    "Learn to sail in a week with the harbour school",
    "Sell your old nets here and be paid at once.",
]


def _hex(n, length=32, salt=""):
    return hashlib.sha256(f"{salt}{n}".encode()).hexdigest()[:length]


def _pick(n, some, salt=0):
    return some[random.Random(n * 31 + salt).randrange(len(some))]


def _title(n, salt=0):
    return _pick(n, WORDS, salt)


def _ad(n, salt=0):
    return _pick(n, LINES, salt)


def _email(n):
    return f'<p>Write to <a href="/cdn-cgi/l/email-protection#{_hex(n)}"><span class="__cf_email__" data-cfemail="{_hex(n, 30)}">[email&#160;protected]</span></a> about this story.</p>'


FRAGMENTS = {
    "WP-PostViews": lambda n: f"<p>{1204 + 37 * n} views</p>",
    "Post Views Counter": lambda n: f'<div class="post-views content-post post-77 entry-meta"><span class="post-views-icon dashicons dashicons-chart-bar"></span> <span class="post-views-label">Post Views:</span> <span class="post-views-count">{1204 + 37 * n:,}</span></div>',
    "Top 10 counter": lambda n: f'<div class="tptn_counter">(Visited {60 + n} times, {1 + n % 5} visits today)</div>',
    "Page Views Count": lambda n: f'<div class="pvc_clear"></div><p class="pvc_stats">{300 + n} total views, {n % 9} views today</p>',
    "WP Statistics": lambda n: f"<p>Hits: {9000 + n * 13}</p>",
    "readers now": lambda n: f'<p class="livecount">{3 + n % 7} people are reading this now</p>',
    "WP-PostRatings": lambda n: f'<div id="post-ratings-77" class="post-ratings"><strong>{40 + n}</strong> votes, average: <strong>{3 + n % 3}.{n % 10}0</strong> out of 5</div>',
    "kk Star Ratings": lambda n: f'<div class="kk-star-ratings"><div class="kksr-legend">{3 + n % 2}.{n % 10}/5 - ({40 + n} votes)</div></div>',
    "Yasr": lambda n: f'<div class="yasr-visitor-votes"><span>[Total: {n + 4} Average: {3 + n % 3}.{n % 9}]</span></div>',
    "Rate my Post": lambda n: f'<div class="rmp-widgets-container"><p class="rmp-rating-widget__results">Average rating {3 + n % 3}.{n % 9} / 5. Vote count: {12 + n}</p></div>',
    "WP-Polls": lambda n: f'<div class="wp-polls"><p><strong>Should the lamps stay lit?</strong></p><ul class="wp-polls-ul"><li>Yes ({50 + n % 30}%, {40 + n} Votes)</li><li>No ({50 - n % 30}%, {30 + n} Votes)</li></ul><p>Total Voters: <strong>{70 + 2 * n}</strong></p></div>',
    "Crowdsignal": lambda n: f'<div class="cs-poll"><div>Yes {50 + n % 40}%</div><div>No {50 - n % 40}%</div></div>',
    "Jetpack likes": lambda n: f'<div class="sharedaddy sd-block sd-like jetpack-likes-widget-wrapper"><h3 class="sd-title">Like this:</h3><span class="likes-count">{n} bloggers like this</span></div>',
    "Jetpack related": lambda n: f'<div id="jp-relatedposts" class="jp-relatedposts"><h3>Related</h3><p><a href="/archives/2008/{n}.php?relatedposts_hit=1&relatedposts_origin={n}&relatedposts_position={n % 3}">{_title(n)}</a></p></div>',
    "WP ULike": lambda n: f'<div class="wpulike wpulike-default"><div class="wp_ulike_general_class"><span class="count-box">{n + 12}+</span></div></div>',
    "a like button": lambda n: f'<p class="zilla-likes">{n + 5} likes</p>',
    "AddToAny": lambda n: f'<div class="addtoany_share_save_container"><a href="https://share.example/?t={n}">Share {n}</a></div>',
    "Social Warfare": lambda n: f'<div class="social-share-total"><span>{n * 3 + 40}</span> Shares</div>',
    "Shared Counts": lambda n: f'<p class="shared-counts">{n * 3 + 40} Shares</p>',
    "a short share count": lambda n: f'<p class="fb">{1 + n / 10:.1f}K Shares</p>',
    "Ad Inserter": lambda n: f'<div class="code-block code-block-1" style="margin: 8px 0"><p><a href="https://shop.example/c?click={n}&sig={_hex(n)}">{_ad(n)}</a></p></div>',
    "Advanced Ads": lambda n: f'<div class="gazette-content" id="gazette-{n}"><p>{_ad(n, 3)}</p></div>',
    "an advert with a picture": lambda n: f'<p><a href="https://ads.example/click?bid={_hex(n)}"><img src="https://ads.example/{n}.png" alt=""></a></p>',
    "Mailchimp box": lambda n: f'<form class="mc4wp-form" id="mc4wp-form-{n}"><p>Get the harbour news by mail</p><input name="_mc4wp_timestamp" value="{1700000000 + n}"><p>{4000 + n} readers subscribed already</p></form>',
    "a newsletter box now and then": lambda n: '<div class="newsletter"><p>Get the harbour news by mail, each Friday</p></div>' if n % 3 else "",
    "a countdown": lambda n: f'<div class="ycd-countdown"><p>{40 - n} days {n % 24} hours {n * 7 % 60} minutes until the regatta</p></div>',
    "the weather": lambda n: f'<div class="weather"><p>Marsh Harbour {n % 20}°C, {_pick(n, ["rain", "sun", "fog", "snow"])}</p></div>',
    "the tides": lambda n: f'<p class="tide">High water {n % 12}:{n * 7 % 60:02}</p>',
    "share prices": lambda n: f'<p class="ticker">Rope Ltd {100 + n}.{n % 10} ▲ {n % 5}.{n % 7}%</p>',
    "read next": lambda n: f'<p class="read-next"><strong>Also read:</strong> <a href="/archives/2008/{n % 10}.php">{_title(n)}</a></p>',
    "Inline Related Posts": lambda n: f'<div class="{_hex(n, 33, "u")}"><a href="/archives/2009/x{n % 10}.php"><span>See also</span>&nbsp; <span class="postTitle">{_title(n, 2)}</span></a></div>',
    "YARPP": lambda n: f'<div class="yarpp yarpp-related"><h3>Related posts:</h3><ol><li><a href="/archives/{n % 10}.php">{_title(n)}</a></li></ol></div>',
    "random posts": lambda n: f'<h3>You may like</h3><ul><li><a href="/archives/1/{n % 9}.php">{_title(n, 4)}</a></li><li><a href="/archives/2/{n % 7}.php">{_title(n, 5)}</a></li></ul>',
    "reading time": lambda n: f'<p><span class="rt-label">Reading Time:</span> <span class="rt-time">{3 + n % 3}</span> minutes</p>',
    "last updated so long ago": lambda n: f"<p>Last updated {n + 2} days ago</p>",
    "last updated on a day": lambda n: f"<p>Last Updated on March {n + 1}, 2026 by the night desk</p>",
    "a donation meter": lambda n: f'<div class="give-goal-progress"><div class="raised"><span class="income">${1000 + n * 50:,}</span> of <span class="goal-text">$5,000</span> raised</div></div>',
    "a petition": lambda n: f"<p>{800 + n * 3} people have signed</p>",
    "a protected mail address": _email,
    "a nonce in a link": lambda n: f'<p>You can <a href="/?save=77&_wpnonce={_hex(n, 10)}">keep this story</a> for later.</p>',
    "a session in links": lambda n: f'<p>The minutes are <a href="https://council.example/minutes.php?id=7&PHPSESSID={_hex(n, 26)}">kept by the council</a>.</p>',
    "a signed download": lambda n: f'<p>The chart is <a href="https://files.example/chart.pdf?X-Amz-Date={n}&X-Amz-Signature={_hex(n, 64)}&Expires={1700000000 + n}">here for download</a>.</p>',
    "an unknown token": lambda n: f'<p>The plan is <a href="https://plans.example/lamp?zq={_hex(n, 40)}">at the office of plans</a>.</p>',
    "tracking in links": lambda n: f'<p>The book is <a href="https://books.example/lamps?utm_source=s{n}&fbclid=x{n}&ref=r{n}">in the shops by now</a>.</p>',
    "the order of parameters": lambda n: f'<p>The vote is <a href="https://votes.example/?{"a=1&b=2" if n % 2 else "b=2&a=1"}">on the record here</a>.</p>',
    "http, https and www": lambda n: f'<p>An older story <a href="{["http://", "https://", "https://www."][n % 3]}gazette.example/archives/2001/pier.php">told of the pier</a>.</p>',
    "lazy pictures": lambda n: f'<p><img class="lazyload" src="data:image/svg+xml;base64,{_hex(n)}" data-src="https://gazette.example/files/mast.jpg?w={n}" alt=""></p>',
    "a captcha question": lambda n: f'<form id="commentform"><p class="comment-form-captcha">{n} + {n % 4} = <input name="captcha"></p></form>',
    "an Akismet stamp": lambda n: f'<p style="display: none !important"><input type="hidden" name="ak_js" value="{1700000000 + n}"></p>',
    "a player": lambda n: f'<div class="podcast"><p>Listen to this story, {n + 30} plays</p></div>',
    "who wrote lately": lambda n: f'<p class="last-comment">{n + 3} comments, the last {n + 1} minutes ago</p>',
    "a quiz": lambda n: f"<p>{n * 17 + 100} readers took the quiz and scored {n % 10} on average</p>",
    "the time of the server": lambda n: f"<p>Page generated at 2026-03-{n % 28 + 1:02} {n % 24:02}:{n * 7 % 60:02}</p>",
    "a cache's seconds": lambda n: f"<p>Generated in 0.{n * 37 % 1000:03} seconds with {20 + n % 5} queries</p>",
    "a quotation of the day": lambda n: f'<blockquote class="qotd"><p>{_pick(n, ["The sea keeps no diary.", "A knot is a promise.", "Fog is patient.", "Salt forgets nobody."])}</p></blockquote>',
    "a coupon": lambda n: f'<p class="coupon">Code {_hex(n, 8).upper()} for the regatta</p>',
}  # fmt: skip
"""By name; each is a function of the number of the visit."""
