mkdir tree; cd tree; for f in -dash 'new
line' 'star*' 'back\slash' 'quote"' "it's" '$dollar' ... ' lead' 'ümlaut' "$(printf 'bad\377')"; do echo odd >"./$f"; done
