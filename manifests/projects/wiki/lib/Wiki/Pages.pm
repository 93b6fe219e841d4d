package Wiki::Pages;
use Mojo::Base -base, -signatures;
use Mojo::File ();
use Text::Markdown ();

# Pages are files of Markdown in one folder.
sub new ($class, $folder) { return bless { folder => Mojo::File->new($folder) }, $class }

# The page as HTML; nothing if there is none. [[name]] is a link to another page.
sub html ($self, $name) {
    my $file = $self->{folder}->child("$name.md");
    return undef unless -e $file;
    my $text = $file->slurp =~ s{\[\[([a-z-]+)\]\]}{[$1](/page/$1)}gr;
    return Text::Markdown::markdown($text);
}

sub write ($self, $name, $text) { $self->{folder}->child("$name.md")->spurt($text) }

1;
