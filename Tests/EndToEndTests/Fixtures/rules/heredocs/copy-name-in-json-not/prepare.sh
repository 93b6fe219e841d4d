echo named >'<<EOF'
