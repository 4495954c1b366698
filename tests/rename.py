"""rename.py DIR TABLE: each line of TABLE `path.py OLD NEW` renames a module's global, everywhere. `--private` makes unshared homonyms private."""
import ast, re, sys, subprocess
from pathlib import Path
root = Path(sys.argv[1]).resolve()
files = [f for r in ("archive","crawler","pipeline","tests") for f in (root/r).rglob("*.py")] + [root/"scheduler.py"]
texts = {f: f.read_text() for f in files}
_trees = {}
def parsed(f):
    text = texts[f]; known = _trees.get(f)
    if known is None or known[0] is not text: _trees[f] = known = (text, ast.parse(text))
    return known[1]
def homonyms():
    places = {}
    for f in files:
        if f.relative_to(root).parts[0] == "tests": continue
        for n in parsed(f).body:
            if isinstance(n, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)): names = [n.name]
            elif isinstance(n, ast.Assign): names = [x.id for x in n.targets if isinstance(x, ast.Name) and x.id.isupper()]
            else: continue
            for x in names: "migrations" in f.parts or re.match(r"m\d{3}_", x) or places.setdefault(x, set()).add(f.relative_to(root))
    return {k: sorted(v) for k, v in places.items() if len(v) > 1 and not k.startswith("_")}
def modname(f):
    parts = f.relative_to(root).with_suffix("").parts
    return ".".join(parts).removesuffix(".__init__")
OWN = ("", "")
def bound(fn):
    names, glob = set(), set()
    a = fn.args
    for x in [*a.posonlyargs, *a.args, *a.kwonlyargs, a.vararg, a.kwarg]:
        if x: names.add(x.arg)
    if isinstance(fn, ast.Lambda): return names
    def visit(n):
        for c in ast.iter_child_nodes(n):
            if isinstance(c, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)): names.add(c.name); continue
            if isinstance(c, ast.Lambda): continue
            if isinstance(c, (ast.Global, ast.Nonlocal)): glob.update(c.names)
            if isinstance(c, ast.Name) and isinstance(c.ctx, (ast.Store, ast.Del)): names.add(c.id)
            if isinstance(c, ast.ExceptHandler) and c.name: names.add(c.name)
            if isinstance(c, (ast.Import, ast.ImportFrom)): names.update((x.asname or x.name).split(".")[0] for x in c.names if not (isinstance(c, ast.ImportFrom) and (c.module, x.name) == OWN and not x.asname))
            if isinstance(c, ast.MatchAs) and c.name: names.add(c.name)
            visit(c)
    visit(fn)
    return names - glob
def global_names(tree, name):
    """positions of ast.Name nodes that resolve to module-global `name`"""
    out = []
    def stored(cls):
        return any(isinstance(x, (ast.FunctionDef, ast.AsyncFunctionDef)) and x.name == name or isinstance(x, ast.AnnAssign) and isinstance(x.target, ast.Name) and x.target.id == name or isinstance(x, ast.Assign) and any(isinstance(t, ast.Name) and t.id == name for t in x.targets) for x in cls.body)
    def go(node, shadow, outer=None):
        outer = shadow if outer is None else outer
        for c in ast.iter_child_nodes(node):
            inner = shadow
            if isinstance(c, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
                for d in getattr(c, "decorator_list", []): go(ast.Expr(d), shadow)
                for d in [*c.args.defaults, *[k for k in c.args.kw_defaults if k]]: go(ast.Expr(d), shadow)
                inner = outer or name in bound(c)
            elif isinstance(c, ast.ClassDef):
                for d in [*c.decorator_list, *c.bases]: go(ast.Expr(d), shadow)
                go_class = shadow or stored(c)
                for x in c.body: go(ast.Module([x], []), go_class, shadow)
                continue
            if isinstance(c, (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)):
                inner = shadow or any(isinstance(x, ast.Name) and x.id == name for g in c.generators for x in ast.walk(g.target))
            if isinstance(c, ast.Name) and c.id == name and not shadow: out.append(c)
            go(c, inner, outer if not isinstance(c, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)) else None)
    go(tree, False)
    return out
def rename(path, old, new):
    global OWN
    f0 = root / path; mod = modname(f0); pkg, _, leaf = mod.rpartition("."); OWN = (mod, old)
    for f in files:
        text = texts[f]
        if old not in text or (f != f0 and leaf not in text): continue
        tree = parsed(f); edits = []
        lines = text.split("\n")
        def pos(node_line, col): return node_line, col
        rename_globals = f == f0
        aliases = set()
        for n in ast.walk(tree):
            if isinstance(n, ast.ImportFrom) and n.level == 0:
                for a in n.names:
                    if n.module == mod and a.name == old:
                        seg_line, seg_col = a.lineno, a.col_offset
                        edits.append((a.lineno, a.col_offset, a.col_offset + len(old), new))
                        if not a.asname: rename_globals = True
                    if f"{n.module}.{a.name}" == mod: aliases.add(a.asname or a.name)
            elif isinstance(n, ast.Import):
                for a in n.names:
                    if a.name == mod: aliases.add(a.asname or a.name)
        if rename_globals:
            for n in global_names(tree, old): edits.append((n.lineno, n.col_offset, n.col_offset + len(old), new))
            if f == f0:
                for n in tree.body:
                    if isinstance(n, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)) and n.name == old:
                        line = lines[n.lineno - 1]; raw = line.encode()
                        i = raw.index(old.encode(), n.col_offset + (6 if isinstance(n, ast.ClassDef) else 4))
                        edits.append((n.lineno, i, i + len(old), new))
        for n in ast.walk(tree):
            if isinstance(n, ast.Attribute) and n.attr == old:
                v = n.value
                dotted = ast.unparse(v) if isinstance(v, (ast.Name, ast.Attribute)) else ""
                if dotted in aliases: edits.append((n.end_lineno, n.end_col_offset - len(old), n.end_col_offset, new))
            if isinstance(n, ast.Call) and isinstance(n.func, ast.Attribute) and n.func.attr in {"setattr", "delattr"} and len(n.args) >= 2:
                o, k = n.args[0], n.args[1]
                if isinstance(k, ast.Constant) and k.value == old and isinstance(o, (ast.Name, ast.Attribute)) and ast.unparse(o) in aliases:
                    edits.append((k.lineno, k.col_offset + 1, k.col_offset + 1 + len(old), new))
            if rename_globals and isinstance(n, ast.Assign) and isinstance(n.targets[0], ast.Name):
                if n.targets[0].id == "__all__":
                    edits += [(k.lineno, k.col_offset + 1, k.col_offset + 1 + len(old), new) for k in n.value.elts if k.value == old]
                if n.targets[0].id == old and isinstance(n.value, ast.Call) and n.value.args and isinstance(n.value.args[0], ast.Constant) and n.value.args[0].value == old:
                    k = n.value.args[0]; edits.append((k.lineno, k.col_offset + 1, k.col_offset + 1 + len(old), new))
        raw = [l.encode() for l in lines]
        for l, a, b, t in sorted(set(edits), reverse=True):
            assert raw[l-1][a:b].decode() == old, (f, l, raw[l-1], old)
            raw[l-1] = raw[l-1][:a] + t.encode() + raw[l-1][b:]
        text2 = b"\n".join(raw).decode()
        text2 = re.sub(rf"(?<=[\"'`]){re.escape(mod)}\.{re.escape(old)}(?=[\"'`(])", f"{mod}.{new}", text2)
        if f == f0: text2 = re.sub(rf"`{re.escape(old)}`", f"`{new}`", text2)
        texts[f] = text2
    for d in [*root.glob("docs/*.md"), root/"README.md"]:
        t = d.read_text(); t2 = t.replace(f"{mod}.{old}", f"{mod}.{new}")
        if t2 != t: d.write_text(t2)
def shared(path, name):
    f0 = root / path; mod = modname(f0)
    for f in files:
        if f == f0 or name not in texts[f] or mod.rpartition('.')[2] not in texts[f]: continue
        tree = parsed(f); aliases = set()
        for n in ast.walk(tree):
            if isinstance(n, ast.ImportFrom) and n.level == 0:
                for a in n.names:
                    if n.module == mod and a.name == name: return True
                    if f"{n.module}.{a.name}" == mod: aliases.add(a.asname or a.name)
            elif isinstance(n, ast.Import):
                for a in n.names:
                    if a.name == mod: aliases.add(a.asname or a.name)
        for n in ast.walk(tree):
            if isinstance(n, ast.Attribute) and n.attr == name and isinstance(n.value, (ast.Name, ast.Attribute)) and ast.unparse(n.value) in aliases: return True
            if isinstance(n, ast.Constant) and isinstance(n.value, str) and (n.value == f"{mod}.{name}" or (n.value == name and aliases)): return True
    return False
for l in Path(sys.argv[2]).read_text().splitlines():
    if l.strip() and not l.startswith("#"): rename(*l.split())
if "--private" in sys.argv:
    h = homonyms()
    for name, paths in h.items():
        for p in paths:
            if "migrations" not in p.parts and not re.match(r"m\d{3}_", name) and name != "T" and (root/p).exists() and name in texts[root/p] and not shared(p, name) and not name.startswith("_"):
                if f"_{name}" not in texts[root/p]:
                    rename(p, name, f"_{name}"); print("private", p, name)
for f, t in texts.items(): f.write_text(t)

left = homonyms()
print(len(left), "left")
for k, v in sorted(left.items()): print(k, *[f"{p}{'' if shared(p, k) else ' (own)'}" for p in v], sep=" | ")
