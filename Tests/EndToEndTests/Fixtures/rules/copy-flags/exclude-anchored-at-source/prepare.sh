mkdir tree; echo a >tree/a; echo b >tree/b
