mkdir -p tree/s tree/qq; cd tree; echo g >s/g; echo h >qq/h; ln -s s q; ln -s . l; ln -s nowhere qx; cd ..
