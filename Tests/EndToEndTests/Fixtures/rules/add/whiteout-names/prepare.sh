echo x >.wh.kept; tar -cf a.tar .wh.kept; rm .wh.kept
