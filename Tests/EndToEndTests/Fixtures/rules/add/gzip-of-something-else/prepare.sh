echo text | gzip -n >text.gz
