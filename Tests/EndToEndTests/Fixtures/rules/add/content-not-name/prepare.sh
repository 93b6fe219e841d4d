echo f >f; tar -czf named-like-text.txt f; rm f; echo no archive >not-an-archive.tar.gz
