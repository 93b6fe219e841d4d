printf '\357\273\277# escape=`\nFROM base\nENV a=1 `\n b=2\n' >Dockerfile
