# SPDX-License-Identifier: MPL-2.0
# Perl on the library.
use strict;
use warnings;
use ZMQ::FFI;
use ZMQ::FFI::Constants qw(ZMQ_REQ ZMQ_REP ZMQ_PUSH ZMQ_PULL ZMQ_PUB ZMQ_SUB ZMQ_LAST_ENDPOINT ZMQ_RCVTIMEO);

my $ctx = ZMQ::FFI->new(soname => 'libzmq.so.5');
join('.', $ctx->version) eq '4.3.6' or die 'another library';

sub check { my ($ok, $what) = @_; die "failed: $what" unless $ok }

for my $endpoint (@ARGV) {
	my $s = $ctx->socket(ZMQ_REQ);
	$s->connect($endpoint);
	for my $size (0, 1, 33, 34, 255, 4096, 65536, 1 << 20) {
		my $text = 'x' x $size;
		$s->send_multipart(['head', $text]);
		my @got = $s->recv_multipart;
		check(@got == 2 && $got[0] eq 'head' && $got[1] eq $text, "$endpoint, $size bytes");
	}
	$s->close;
}

my $n = 0;
for my $at ("tcp://127.0.0.1:*", "ipc://*", "inproc://perl") {
	my ($a, $b) = ($ctx->socket(ZMQ_REP), $ctx->socket(ZMQ_REQ));
	$a->bind($at);
	my $last = $a->get(ZMQ_LAST_ENDPOINT, 'string');
	$b->connect($last);
	for my $i (1 .. 100) {
		$b->send("question $i");
		check($a->recv eq "question $i", 'question');
		$a->send("answer $i");
		check($b->recv eq "answer $i", 'answer');
	}
	$_->close for ($a, $b);
}
my ($pull, $push) = ($ctx->socket(ZMQ_PULL), $ctx->socket(ZMQ_PUSH));
$pull->bind('inproc://stream');
$push->connect('inproc://stream');
check(!$pull->has_pollin, 'nothing yet');
$push->send("m$_") for 1 .. 500;
check($pull->has_pollin, 'something');
check($pull->recv eq "m$_", "m$_") for 1 .. 500;
print "ok\n";
