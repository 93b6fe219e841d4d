mkdir -p s/d/deep folder
echo f > s/f; echo x > s/d/deep/x; chmod 751 s/d; ln s/f s/hard; ln -s f s/link; chmod 4755 s/f; chown 1000:2000 s/d/deep s/d/deep/x
tar -C s --sort=name -cf a.tar d f hard link
gzip -kn a.tar; bzip2 -k a.tar; xz -k a.tar; cp a.tar.xz renamed
echo no archive | gzip -n > plain.gz; : > empty.tar; cp a.tar folder/inner.tar
rm -r s
