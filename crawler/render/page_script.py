"""Scripts of ours in a page: its HTML as its reader sees it, its comments in view, and buttons for more.

They change nothing but what a reader's eyes and one kind of press would: the view, and lists that grow.
Open shadow roots and frames of the same origin are part of what a reader sees, so they are written out. Lists
of articles grow in the same two ways.
Does not: decide when a page is finished, or how often something is pressed.
"""

from __future__ import annotations

STATE = """() => {
    const size = root => {
        let nodes = 0, text = root.body?.textContent.length ?? root.textContent?.length ?? 0;
        for (const each of root.querySelectorAll("*")) {
            nodes += 1;
            let inner = each.shadowRoot;
            if (each.localName === "iframe") try { inner = each.contentDocument; } catch { inner = null; }
            if (!inner) continue;
            const [more, words] = size(inner);
            nodes += more;
            text += words;
        }
        return [nodes, text];
    };
    return size(document).join(":") + ":" + document.readyState;
}"""
"""Its size, which changes while it moves, and whether it is loaded; as "nodes:characters:complete"."""

DOM = """most => {
    const inert = document.implementation.createHTMLDocument("");  // in which no element comes to life
    const framed = node => {
        if (node.localName !== "iframe" || node.getBoundingClientRect().height < 2) return null;
        try { return node.contentDocument?.body?.childNodes.length ? node.contentDocument.body : null; }
        catch { return null; }
    };
    const shown = node => {
        if (node.shadowRoot) return node.shadowRoot.childNodes;
        const given = node.localName === "slot" ? node.assignedNodes() : [];
        return given.length ? given : node.childNodes;
    };
    const withInner = () => {
        const made = inert.importNode(document.documentElement, false);
        const waiting = [[made, document.documentElement]];
        while (waiting.length) {
            const [into, from] = waiting.pop();
            for (const child of shown(from)) {
                const body = framed(child);
                const isWhole = child.localName === "template";
                const twin = body ? inert.createElement("div") : inert.importNode(child, isWhole);
                into.append(twin);
                const leads = child.nodeType === Node.ELEMENT_NODE && !isWhole;
                if (leads && child.localName !== "noscript") waiting.push([twin, body ?? child]);
            }
        }
        return made;
    };
    const hasInner = [...document.querySelectorAll("*")].some(each => each.shadowRoot || framed(each));
    const root = hasInner ? withInner() : document.documentElement;
    const text = (document.doctype ? "<!DOCTYPE html>" : "") + root.outerHTML;
    return text.length > most ? null : text;
}"""
"""Its HTML, null where that is longer than `most`; what is in shadow roots and frames is at its place."""

_DEEP = """
    const every = (root, wanted) => {
        const found = [...root.querySelectorAll(wanted)];
        for (const each of root.querySelectorAll("*")) {
            if (each.shadowRoot) found.push(...every(each.shadowRoot, wanted));
            if (each.localName === "iframe") try {
                if (each.contentDocument) found.push(...every(each.contentDocument, wanted));
            } catch { }
        }
        return found;
    };
    const THREADS = '#comments, .comments, [id*="comment" i], [class*="comment" i], [id*="discussion" i]';
"""

TO_COMMENTS = f"""() => {{{_DEEP}
    const [first] = every(document, THREADS);
    first?.scrollIntoView();
    return first !== undefined;
}}"""
"""Move its comments into view; true if it has some."""

TO_END = f"""() => {{{_DEEP}
    const threads = every(document, THREADS);
    const last = threads[0] ?? document.querySelector("article, main");
    const place = () => last?.getBoundingClientRect().bottom;
    const before = place();
    last?.scrollIntoView({{block: "end"}});
    scrollBy(0, 200);  // to what watches for the end, below it
    return place() !== before;
}}"""
"""Move the end of its comments, or of its text, into view; true if it was not there yet."""

HEADINGS = "() => document.querySelectorAll('h1').length"
"""The number of its main headings, of which the next article brings another."""

PRESS_FOR_MORE = rf"""presses => {{{_DEEP}
    const nouns = "kommentare|antworten|commentaires|réponses|comentarios|respuestas|commenti|risposte"
        + "|reacties|antwoorden|comentários|respostas|comments|replies|answers|responses";
    const noun = `(?:${{nouns}}|comment|reply|answer|response|kommentar|antwort|commentaire|réponse`
        + "|comentario|respuesta|commento|risposta|reactie|antwoord|comentário|resposta)";
    const verb = "(?:load|show|view|see|display|read|voir|afficher|charger|lire|ver|mostrar|cargar|leer"
        + "|carica|mostra|vedi|visualizza|leggi|toon|laad|bekijk|lees|carregar)";
    const further = "more|older|newer|previous|earlier|further|remaining|next|weitere|mehr|ältere|frühere"
        + "|neuere|plus|autres|más|otros|altri|altre|più|meer|oudere|mais|outros";
    const amount = `(?:(?:${{further}}|all|the|other|alle|tous|toutes|les|la|le|de|todos|todas|los|las|el`
        + "|tutti|tutte|i|gli|os|as|\\d[\\d.,]*)\\s+)";
    const done = "\\s+(?:anzeigen|laden|einblenden|ansehen|zeigen|lesen|tonen|bekijken)";
    const words = (...ways) => new RegExp(`^(?:${{ways.join("|")}})$`, "iu");
    const ofComments = words(
        `${{verb}}\\s+${{amount}}*${{noun}}(?:\\s*\\(?[\\d.,]+\\)?)?`,
        `${{amount}}*${{noun}}${{done}}`,
        `(?:\\d+\\s+)?(?:${{further}})\\s+${{noun}}(?:\\s*\\(?[\\d.,]+\\)?)?`);
    const ofAList = words(
        "(?:load|show|view|see) (?:more|older|previous)", "mehr (?:laden|anzeigen)", "weitere laden",
        "(?:voir|charger|afficher) plus", "(?:ver|mostrar|cargar) más", "(?:carica|mostra) altr[io]",
        "meer (?:laden|tonen)", "(?:ver|carregar|mostrar) mais");
    const goOn = `load|laden|charger|cargar|carica|laad|carregar|${{further}}`;
    const goesOn = new RegExp(`(?:^|\\s)(?:${{goOn}})(?=\\s|$)`, "iu");
    const stays = /^(?:#|javascript:|$)/i;
    const leads = node => node.localName === "a" && !stays.test(node.getAttribute("href") ?? "");
    const isClosed = node => leads(node) || node.closest("form") || node.disabled
        || node.getAttribute("aria-disabled") === "true" || node.getAttribute("aria-expanded") === "true"
        || !node.checkVisibility({{visibilityProperty: true}});
    const inThread = node => node.closest(THREADS) ?? node.getRootNode().host?.closest(THREADS);
    const pressed = window[Symbol.for("pressed")] ??= new WeakMap();
    const size = every(document, "*").length;
    for (const node of every(document, 'button, a, [role="button"]')) {{
        const label = node.textContent.replace(/[\s…▼▾↓+»›]+/gu, " ").trim();
        if (label.length > 60 || isClosed(node)) continue;
        if (!ofComments.test(label) && !(inThread(node) && ofAList.test(label))) continue;
        if (pressed.has(node) && !goesOn.test(label)) continue;
        if (!presses) return label;
        if (pressed.has(node) && pressed.get(node) >= size) continue;
        pressed.set(node, size);
        node.scrollIntoView({{block: "center"}});
        node.click();
        return label;
    }}
    return "";
}}"""
"""Press a button that plainly loads more of a thread; its text, "" where there is none.

With false, the text of one that is left. None that is part of a form or a link to another page; each once,
and one that says "more" again while the page grows by it.
"""

LINKS = f"""() => {{{_DEEP}
    return new Set(every(document, "a[href]").map(each => each.href)).size;
}}"""
"""The number of the URLs to which it links."""

EXTEND_LIST = rf"""() => {{{_DEEP}
    scrollTo(0, document.documentElement.scrollHeight);
    const nouns = "articles|stories|posts|news|results|entries|headlines|items|artikel|beiträge|meldungen"
        + "|nachrichten|berichte|actualités|publications|artículos|noticias|entradas|articoli|notizie"
        + "|artigos|notícias"
        + "|artikelen|berichten|nieuws|artiklar|nyheter|artykuły|wpisy";
    const noun = `(?:(?:d['’]|de )?(?:${{nouns}}))`;
    const verb = "(?:load|show|view|see|display|voir|afficher|charger|ver|mostrar|cargar|carica|mostra|vedi"
        + "|toon|laad|bekijk|carregar|visa|vis|pokaż|załaduj)";
    const further = "(?:more|older|previous|earlier|weitere|mehr|ältere|plus|autres|más|altri|altre|altro|più"
        + "|meer|oudere|mais|fler|flere|więcej)";
    const done = "(?:anzeigen|laden|einblenden|ansehen|zeigen|tonen|bekijken)";
    const ways = [`${{verb}}\\s+${{further}}(?:\\s+${{noun}})?`,
        `${{further}}\\s+${{noun}}(?:\\s+${{done}})?`, `${{further}}\\s+${{done}}`,
        `${{verb}}\\s+${{noun}}\\s+${{further}}`];
    const grows = new RegExp(`^(?:${{ways.join("|")}})$`, "iu");
    const stays = /^(?:#|javascript:|$)/i;
    for (const node of every(document, 'button, a, [role="button"]').reverse()) {{
        const label = node.textContent.replace(/[\s…▼▾↓+»›]+/gu, " ").trim();
        if (label.length > 60 || !grows.test(label) || node.closest("form, nav, header")) continue;
        if (node.localName === "a" && !stays.test(node.getAttribute("href") ?? "")) continue;
        if (node.disabled || node.getAttribute("aria-disabled") === "true") continue;
        if (node.getAttribute("aria-expanded") === "true") continue;
        if (!node.checkVisibility({{visibilityProperty: true}})) continue;
        node.scrollIntoView({{block: "center"}});
        node.click();
        return label;
    }}
    return "";
}}"""
"""Move the end of a list into view, and press the last button that plainly brings more of it; its text."""
