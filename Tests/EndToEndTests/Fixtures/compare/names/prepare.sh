mkdir tree; cd tree
for f in ' leading blank' '-dash' 'star*' 'quote"' "line
break" 'back\slash' 'ümlaut' '...dots' '$dollar' '#hash' "it's" "$(printf 'invalid\377')"; do echo "$f" > "$f"; done
long=$(printf '%0200d' 7); mkdir -p $long/$long; echo long > $long/$long/$long; ln -s $long/$long/$long long-link
