mkdir -p a/b a/c src/cache/sub rooted sub/rooted deep/x empty-excluded
for f in top.txt keep.txt a/b/keep a/b/drop a/c/drop src/cache/important src/cache/other rooted/f sub/rooted/f sub/one-deep one-deep \
  sub/t.txt m.o sub/m.o deep/x/y deep/x/z README.md other.md 'sub/näme'; do echo "$f" > "$f"; done
