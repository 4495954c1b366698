"""Signs of walls against robots: challenges, captchas and blocks, by the name of their maker.

Pure. Does not: decide what a response means; the crawler and the pipeline do, each for its own purpose.
"""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Maker:
    """Maker of a wall, with patterns of challenges and blocks."""

    name: str
    asks: str = ""
    blocks: str = ""

    @property
    def pattern(self) -> re.Pattern[bytes]:
        """Return the pattern of all its signs in a body."""
        patterns = filter(None, (self.asks, self.blocks))
        return re.compile("|".join(patterns).encode(), re.IGNORECASE)


MAKERS = (
    Maker(
        name="a Cloudflare challenge",
        asks=r"_cf_chl_opt|cf_challenge|/cdn-cgi/challenge-platform/h/|cf-browser-verification",
    ),
    Maker(
        name="a block of Cloudflare's firewall",
        blocks=r"attention required! \| cloudflare|cf-error-details|cloudflare ray id"
        "|used cloudflare to restrict",
    ),
    Maker(
        name="a block of Imperva's firewall",
        asks="_incapsula_resource",
        blocks="incapsula incident id|pardon our interruption",
    ),
    Maker(name="a challenge of DataDome", asks=r"geo\.captcha-delivery\.com"),
    Maker(
        name="a challenge of HUMAN (PerimeterX)",
        asks="px-captcha",
        blocks=r'perimeterx|"appid":\s*"px|_pxappid',
    ),
    Maker(name="a challenge of Sucuri's firewall", asks="sucuri_cloudproxy_js"),
    Maker(name="a block of Sucuri's firewall", blocks="sucuri website firewall"),
    Maker(name="a challenge of Kasada", blocks="kpsdk"),
    Maker(name="a challenge of Radware", blocks=r"(?:cdn|validate)\.perfdrive\.com"),
    Maker(name="a challenge of StormWall", blocks=r"static\.stormwall\.pro"),
    Maker(name="a challenge of DDoS-Guard", asks="ddos-guard/js-challenge", blocks="ddos-guard"),
    Maker(name="a challenge of Amazon's firewall (AWS WAF)", asks="aws-waf-token|awswafcookiedomainlist"),
    Maker(name="a challenge of Akamai's firewall", asks="sec-if-cpt-container|/_sec/cp_challenge/"),
    Maker(name="a block of Akamai's firewall", blocks=r"errors(?:\.|&#46;)edgesuite(?:\.|&#46;)net"),
    Maker(name="a block of the plugin Wordfence", blocks="wordfence"),
    Maker(name="a challenge of Anubis", blocks=r"techaro\.lol|/\.within\.website/x/cmd/anubis"),
    Maker(name="a challenge of go-away", asks="go-away/cmd/go-away"),
    Maker(name="a captcha of SiteGround", asks="sgcaptcha"),
    Maker(
        name="a challenge",
        asks="wpsec-challenge",
        blocks=r"checking your browser|just a moment|making sure you(?:'|&#39;)re not a bot",
    ),
)
"""Makers of walls in the order in which their marks are looked for."""
CHALLENGE = re.compile("|".join(maker.asks for maker in MAKERS if maker.asks), re.IGNORECASE)
"""Marks that no page has but a challenge, so that they are believed on any page."""
TITLE = re.compile(
    r"\s*(?:just a moment|attention required! \| cloudflare|checking your browser|one moment, please|"
    r"ddos-guard|access denied|are you a robot|security check|please wait|"
    r"verifying|robot challenge|bot verification|checking you are not|"
    r"(?:challenge validation|human verification)\s*$|"
    r"pardon our interruption|radware captcha|vercel security checkpoint|you are being redirected\.\.\.|"
    r"making sure you(?:'|&#39;)re not a bot)",
    re.IGNORECASE,
)
"""How the title of a challenge begins."""
