mkdir -p in/deep up/deep in/empty folder
echo top > top
echo a > in/a.txt; echo b > in/b.txt; echo w > in/c.twt
echo blank > 'in/a b'; echo bracket > 'in/[x]'
echo one > in/deep/one; echo two > up/deep/two
ln -s top link-to-file; ln -s folder link-to-folder; ln -s /in/a.txt absolute-link; ln -s ../top up/link-up
echo f > folder/f; ln -s f folder/kept-link; ln -s nowhere folder/dangling
echo dot > .dotfile; echo f1 > f1; echo f2 > f2
