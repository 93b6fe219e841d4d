use Mojo::Base -strict;
use Mojo::File qw(curfile tempdir);
use Test::Mojo;
use Test::More;

my $folder = tempdir;
$ENV{WIKI_PAGES} = "$folder";
my $wiki = Test::Mojo->new(curfile->dirname->sibling('wiki.pl'));

$wiki->get_ok('/page/start')->status_is(404);
$wiki->put_ok('/page/start', "# Start\n\nSee [[other]].\n")->status_is(201);
$wiki->get_ok('/page/start')->status_is(200)->text_is('h1' => 'Start')->element_exists('a[href="/page/other"]');
$wiki->get_ok('/page/..')->status_is(404);

done_testing;
