printf '\n# escape=`\nFROM base\nENV a=1 \\\n b=2\n' >Dockerfile
