"""Lists what images add to a base image, in lines that two builders' results can be compared by.

Usage: image-listing.py steps|result BASE NAME=IMAGE ...
An image is the folder of an OCI layout with one image, the folder of skopeo's `dir:` transport, or the archive of `docker save`.

For every image a line `=== NAME`; then with `steps` the history as `layer CREATED_BY` and `no layer CREATED_BY`, below each layer
its entries; with `result` the files as they are in the end, only what differs from BASE, then the history. Then `config KEY=JSON`.
A file has type and mode, owner, size or short content, link target, extended attributes; its time only if that is not of today.
"""
import hashlib, io, json, os, sys, tarfile, time

CONFIG = ["User", "ExposedPorts", "Env", "Entrypoint", "Cmd", "Volumes", "WorkingDir", "Labels", "StopSignal", "Healthcheck",
          "Shell", "OnBuild"]
PATH = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
TYPES = {tarfile.DIRTYPE: "d", tarfile.SYMTYPE: "l", tarfile.CHRTYPE: "c", tarfile.BLKTYPE: "b", tarfile.FIFOTYPE: "p"}
NOW = time.time()


def read(*parts):
    with open(os.path.join(*parts), "rb") as file:
        return file.read()


class Image:
    """The config and the layers of an image; a layer is a function that opens it."""

    def __init__(self, path):
        if os.path.isfile(path):
            archive = tarfile.open(path)
            manifest = json.load(archive.extractfile("manifest.json"))[0]
            self.config = json.load(archive.extractfile(manifest["Config"]))
            self.layers = [lambda name=name: archive.extractfile(name) for name in manifest["Layers"]]
            return
        if os.path.exists(os.path.join(path, "index.json")):
            blobs = os.path.join(path, "blobs", "sha256")
            digest = json.loads(read(path, "index.json"))["manifests"][0]["digest"]
            manifest = json.loads(read(blobs, digest[7:]))
        else:
            blobs, manifest = path, json.loads(read(path, "manifest.json"))
        self.config = json.loads(read(blobs, manifest["config"]["digest"][7:]))
        self.layers = [lambda layer=layer: open(os.path.join(blobs, layer["digest"][7:]), "rb") for layer in manifest["layers"]]

    @property
    def diff_ids(self):
        return self.config["rootfs"].get("diff_ids") or []

    @property
    def history(self):
        return self.config.get("history") or []


def shown(text):
    return repr(text.encode("utf-8", "surrogateescape"))[1:]


def clean(name):
    return os.path.normpath("/" + name).lstrip("/") or "."


class Entry:
    def __init__(self, archive, member):
        self.path, self.members = clean(member.name), []
        kind = TYPES.get(member.type, "-")
        words = [kind + mode_text(member.mode), f"{member.uid}:{member.gid}"]
        if kind == "-":
            content = archive.extractfile(member).read()
            words.append(repr(content)[1:] if len(content) <= 200
                         else f"{len(content)} bytes {hashlib.sha256(content).hexdigest()[:16]}")
        if kind == "l":
            words.append("-> " + shown(member.linkname))
        if kind in "cb":
            words.append(f"{member.devmajor},{member.devminor}")
        if abs(member.mtime - NOW) > 86400 * 1.5:
            words.append(f"@{member.mtime:.9f}".rstrip("0").rstrip("."))
        for key, value in sorted(member.pax_headers.items()):
            if key.startswith("SCHILY.xattr.") and not key.endswith((".selinux", ".overlay.opaque", ".overlay.origin")):
                words.append(f"{key[13:]}={value.encode('utf-8', 'surrogateescape').hex()}")
        self.text = " ".join(words)


def mode_text(mode):
    bits = ["rwxrwxrwx"[n] if mode >> (8 - n) & 1 else "-" for n in range(9)]
    for special, place, letter in ((0o4000, 2, "s"), (0o2000, 5, "s"), (0o1000, 8, "t")):
        if mode & special:
            bits[place] = letter if bits[place] != "-" else letter.upper()
    return "".join(bits)


def entries(layer):
    """What a layer holds, in its order: (path, entry), (path, first path) for a hard link, (path, None) for what is gone."""
    with layer() as stream:
        data = stream.read()
    with tarfile.open(fileobj=io.BytesIO(data), mode="r:*", errors="surrogateescape") as archive:
        for member in archive:
            folder, name = os.path.split(clean(member.name))
            if name == ".wh..wh..opq":
                yield os.path.join(folder, "*"), None
            elif name.startswith(".wh..wh."):
                continue
            elif name.startswith(".wh."):
                yield os.path.join(folder, name[4:]), None
            elif member.islnk():
                yield clean(member.name), clean(member.linkname)
            else:
                yield clean(member.name), Entry(archive, member)


def steps(image, base):
    kept = common(image.diff_ids, base.diff_ids)
    shared = common([entry.get("created_by") for entry in image.history], [entry.get("created_by") for entry in base.history])
    layers = iter(image.layers[kept:])
    for entry in image.history[shared if kept else 0:]:
        text = entry.get("created_by", "").replace("\n", "\\n").replace("\t", "\\t").replace("\r", "\\r")
        if entry.get("empty_layer"):
            yield f"no layer {text}"
            continue
        yield f"layer {text}"
        rows = []
        for path, value in entries(next(layers)):
            if path == ".":
                continue
            rows.append(shown(path) + (" gone" if value is None else f" linked to {shown(value)}" if isinstance(value, str)
                                       else f" {value.text}"))
        yield from ("  " + row for row in sorted(rows))
    for _ in layers:
        yield "layer without history"


def common(one, other):
    count = 0
    while count < min(len(one), len(other)) and one[count] == other[count]:
        count += 1
    return count


def tree(image):
    """The files of an image: path → entry; members of one hard link group share theirs."""
    files = {}
    for layer in image.layers:
        fresh = {}
        for path, value in entries(layer):
            if value is None:
                prefix = path[:-1] if path.endswith("/*") or path == "*" else path + "/"
                for name in [name for name in files if name.startswith(prefix) or name == path]:
                    del files[name]
            elif isinstance(value, str):
                fresh[path] = fresh.get(value) or files[value]
            else:
                fresh[path] = value
        for path, value in fresh.items():
            if not value.text.startswith("d") or not files.get(path, value).text.startswith("d"):
                for name in [name for name in files if name.startswith(path + "/")]:
                    del files[name]
        files.update(fresh)
    files.pop(".", None)
    return files


def tree_lines(files):
    rows = {f"{shown(path)} {entry.text}" for path, entry in files.items()}
    groups = {}
    for path, entry in files.items():
        groups.setdefault(id(entry), []).append(shown(path))
    return rows | {"linked " + " ".join(sorted(paths)) for paths in groups.values() if len(paths) > 1}


def config_lines(image):
    config = image.config.get("config") or {}
    values = {key: config.get(key) for key in CONFIG}
    values["Labels"] = {key: value for key, value in (values["Labels"] or {}).items() if not key.startswith("io.buildah")}
    values["Author"] = image.config.get("author")
    # Some builders leave it out.
    values["WorkingDir"] = "" if values["WorkingDir"] == "/" else values["WorkingDir"]
    values["Env"] = ["PATH as usual" if value == PATH else value for value in values["Env"] or []]
    return {f"config {key}={json.dumps(value, sort_keys=True, ensure_ascii=False)}" for key, value in values.items() if value}


def result(image, base):
    files = tree(image)
    for entry in files.values():
        # A folder that a builder makes has the time of the build, or none.
        if entry.text.startswith("d"):
            entry.text = entry.text.replace(" @0", "")
    added = tree_lines(files) - base.tree_lines
    shared = common(image.diff_ids, base.diff_ids) > 0
    gone = [f"gone {shown(path)}" for path in base.tree if shared and path not in files]
    return sorted(added) + sorted(gone) + [line for line in steps(image, base) if not line.startswith(" ")]


def main():
    view, base, images = {"steps": steps, "result": result}[sys.argv[1]], Image(sys.argv[2]), sys.argv[3:]
    base.tree = tree(base)
    base.tree_lines = tree_lines(base.tree)
    for argument in images:
        name, path = argument.split("=", 1)
        image = Image(path)
        print("\n".join([f"=== {name}", *view(image, base), *sorted(config_lines(image) - config_lines(base))]))


main()
