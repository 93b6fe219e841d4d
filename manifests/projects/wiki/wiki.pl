#!/usr/bin/perl
use Mojolicious::Lite -signatures;
use lib app->home->child('lib')->to_string;
use Wiki::Pages;

my $pages = Wiki::Pages->new($ENV{WIKI_PAGES} // app->home->child('pages'));

get '/' => sub ($c) { $c->redirect_to('/page/start') };

get '/page/:name' => [name => qr/[a-z-]+/] => sub ($c) {
    my $html = $pages->html($c->param('name')) // return $c->reply->not_found;
    $c->render(text => $html);
};

put '/page/:name' => [name => qr/[a-z-]+/] => sub ($c) {
    $pages->write($c->param('name'), $c->req->text);
    $c->render(text => "written\n", status => 201);
};

app->start;
