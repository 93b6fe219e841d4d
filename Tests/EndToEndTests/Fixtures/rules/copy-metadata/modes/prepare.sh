mkdir -p tree/sticky tree/closed tree/setgid
for m in 0000 0600 4755 2755 6711 1644 0777; do echo $m >tree/$m; chmod $m tree/$m; done
echo s >tree/setuid; chmod 4711 tree/setuid; chmod 1777 tree/sticky; chmod 0700 tree/closed; chmod 2775 tree/setgid
