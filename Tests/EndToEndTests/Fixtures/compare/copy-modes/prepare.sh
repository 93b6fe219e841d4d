umask 022
mkdir -p tree/sub/sticky tree/private
echo file > tree/file; chmod 640 tree/file
echo setuid > tree/setuid; chmod 4755 tree/setuid
echo setgid > tree/sub/setgid; chmod 2751 tree/sub/setgid
chmod 1777 tree/sub/sticky; chmod 0700 tree/private; chmod 2775 tree/sub
echo one > tree/one; ln tree/one tree/sub/other-name
ln -s one tree/link
mkfifo -m 0620 tree/pipe
chown -R 33:34 tree; chmod 4755 tree/setuid; chmod 2751 tree/sub/setgid
