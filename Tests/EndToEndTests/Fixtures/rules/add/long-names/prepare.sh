n=$(printf '%0120d' 7); mkdir -p s/$n/$n; echo f >s/$n/$n/$n; ln -s $n/$n/$n s/link; ln s/$n/$n/$n s/hard
tar -C s --sort=name --format=gnu -cf gnu.tar .; tar -C s --sort=name --format=pax -cf pax.tar .; rm -r s
