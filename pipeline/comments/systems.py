"""Comment systems other than WordPress' own, by their traces in a page.

Contains their ids, classes, elements, attributes and scripts.
Does not: read their comments, which are not in the page.
Invariant: a thread kept elsewhere has a name, and is never zero comments.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import chain

from pipeline.html.dom import Index, words


@dataclass(frozen=True, slots=True)
class System:
    """Signs of one comment system: `ids` is a pattern, `scripts` are pieces of script text or URLs."""

    name: str
    ids: str = ""
    classes: str = ""
    tags: str = ""
    attributes: str = ""
    scripts: tuple[str, ...] = ()


_SYSTEMS = (
    System(
        "Disqus", r"disqus_thread", scripts=("disqus.com/embed.js", "disqus.com/count.js", "disqus_shortname")
    ),
    System(
        "Facebook",
        classes="fb-comments",
        tags="fb:comments amp-facebook-comments",
        scripts=("/plugins/comments.php", "facebook.com/plugins/comments", "/plugins/feedback.php"),
    ),
    System(
        "Coral",
        r"coral[-_](?:thread|talk|stream|embed|comments?).*|coral",
        "coral-embed coral-thread",
        scripts=(
            "coral_talk",
            "coralproject",
            "coral.createstreamembed",
            "coral.talk.render",
            "/embed/stream",
        ),
    ),
    System("IntenseDebate", r"idc-(?:container|cover).*", scripts=("intensedebate.com/", "idcomments_acct")),
    System(
        "Livefyre",
        r"livefyre.*",
        "livefyre-comments fyre",
        scripts=("livefyre.com/", "fyre.conv.load", ".fyre.co/"),
    ),
    System(
        "OpenWeb",
        r"spot-?im.*",
        "sppre_conversation spot-im-comments ow-comments",
        "ow-conversation",
        "data-spotim-module data-spot-im-module-default",
        ("launcher.spot.im", "spot.im/spot/", "launcher.openweb", "openweb.com/launcher"),
    ),
    System(
        "Viafoura",
        r"viafoura.*|vf-(?:comments|conversations).*",
        "viafoura viafoura-comments vf-comments",
        "vf-conversations vf-conversations-count vf-comments vf-widget",
        "data-viafoura data-vf-container-id vf-container-id",
        ("viafoura.net", "viafoura.co"),
    ),
    System("Hyvor Talk", r"hyvor-talk.*", "", "hyvor-talk-comments", scripts=("talk.hyvor.com",)),
    System("Commento", r"commento", scripts=("commento.io", "/commento.js")),
    System("Comentario", r"comentario", "", "comentario-comments", scripts=("/comentario.js",)),
    System("Remark42", r"remark42", scripts=("remark_config",)),
    System("Isso", r"isso-thread", attributes="data-isso"),
    System("GraphComment", r"graphcomment", scripts=("graphcomment.com",)),
    System(
        "Ghost",
        r"ghost-comments-root",
        attributes="data-ghost-comments data-comments-ui",
        scripts=("/comments-ui@", "/comments-ui.min.js"),
    ),
    System("Substack", scripts=("substackcdn.com/bundle/",)),
    System("Discourse", r"discourse-comments", "discourse-comments-area", scripts=("discourseembed",)),
    System("Utterances", classes="utterances", scripts=("utteranc.es",)),
    System("giscus", "", "giscus", "giscus-widget", "data-repo-id", ("giscus.app", "@giscus/")),
    System("Vuukle", r"vuukle-comments?", "vuukle-comments", scripts=("vuukle.com",)),
    System("Cusdis", r"cusdis_thread", scripts=("cusdis.com", "/cusdis.es.js")),
    System("VK", r"vk_comments", scripts=("vk.widgets.comments",)),
    System(
        "Insticator",
        r"insticator-comment.*",
        "insticator-commenting type-commenting",
        scripts=("insticator-comment",),
    ),
    System(
        "Waline", r"waline", scripts=("waline.init", "new waline(", "@waline/", "/waline.js", "/waline.mjs")
    ),
    System("Valine", r"vcomments?", scripts=("new valine",)),
    System("Twikoo", r"tcomment|twikoo", scripts=("twikoo.init",)),
    System(
        "Artalk", r"artalk.*", "artalk", scripts=("artalk.init", "new artalk", "/artalk.js", "/artalk.mjs")
    ),
    System("Gitalk", r"gitalk-container", scripts=("new gitalk",)),
    System("FastComments", r"fastcomments.*", "", "", "data-fastcomments", ("fastcomments.com",)),
    System("ReplyBox", r"replybox", scripts=("getreplybox.com",)),
    System("Talkyard", classes="talkyard-comments", scripts=("talkyard-comments",)),
    System("HyperComments", r"hypercomments_widget", scripts=("hypercomments.com",)),
    System("Cackle", r"mc-container", scripts=("cackle.me", "cackle_widget")),
    System("Tolstoy Comments", r"tolstoycomments", "tolstoycomments-feed", scripts=("tolstoycomments.com",)),
    System("LiveRe", r"lv-container", scripts=("livere.com", "livere_uid")),
    System("Gigya", r"gigya-?comments?.*", scripts=("gigya.comments", "showcommentsui")),
    System("Muut", classes="muut moot", scripts=("cdn.muut.com", "cdn.moot.it")),
    System("Echo", classes="js-kit-comments", scripts=("js-kit.com", "haloscan.com")),
    System("Vanilla", r"vanilla-comments", scripts=("vanilla_forum_url",)),
    System("HTML Comment Box", r"hcb_comment_box", scripts=("htmlcommentbox.com",)),
    System("Pluck", r"pluck[-_]comments?.*", "pluck-app", scripts=("pluck.com/ver1",)),
    System("Metype", r"metype-container.*", scripts=("metype.com/",)),
    System("Conversait", r"conversait_area", scripts=("conversait_sitename",)),
    System("Civil Comments", r"civil-comments", "civil-comments", scripts=("civilcomments.com",)),
    System("Mastodon", tags="mastodon-comments"),
    System("Bluesky", tags="bsky-comments bluesky-comments"),
    System("Telegram", attributes="data-telegram-discussion", scripts=("comments.app/",)),
    System("Webmention.io", scripts=("webmention.io/api/", "webmention.min.js", "/webmention.js")),
)
_IDS = {system.name: re.compile(system.ids, re.IGNORECASE) for system in _SYSTEMS if system.ids}
_ID_GATE = re.compile("|".join(pattern.pattern for pattern in _IDS.values()), re.IGNORECASE)
_LONGEST_SCRIPT = 8192
"""Characters of an inline script that loads a system; longer ones hold data."""


def system_names() -> tuple[str, ...]:
    """Return the names of all supported systems, in the order of their search."""
    return tuple(system.name for system in _SYSTEMS)


def foreign_system(index: Index) -> str | None:
    """Return the name of the foreign system that a page contains signs of, if any."""
    ids = [name for name in index.ids if _ID_GATE.fullmatch(name)]
    attributes = frozenset(chain.from_iterable(node.keys() for node in index.tree.iter("*")))
    scripts = _scripts(index)
    for system in _SYSTEMS:
        if any(system.name in _IDS and _IDS[system.name].fullmatch(name) for name in ids):
            return system.name
        if index.having(words(system.classes)) or index.tagged(*system.tags.split()):
            return system.name
        if attributes & words(system.attributes) or any(piece in scripts for piece in system.scripts):
            return system.name
    return None


def _scripts(index: Index) -> str:
    """Return the addresses of scripts and frames, and the text of short scripts, in lower case."""
    found = [node.get("src") or "" for node in index.tagged("script", "iframe")]
    found += [node.text for node in index.tagged("script") if node.text and len(node.text) <= _LONGEST_SCRIPT]
    return "\n".join(found).lower()
