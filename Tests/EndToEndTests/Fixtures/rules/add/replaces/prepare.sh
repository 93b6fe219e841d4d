mkdir -p s/merged s/link; echo new >s/file; echo in >s/link/in; echo file >s/becomes-file; echo n >s/merged/new; chmod 0750 s/merged
tar -C s -cf a.tar merged link file becomes-file; rm -r s
