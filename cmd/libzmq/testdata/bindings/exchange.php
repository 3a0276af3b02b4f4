<?php
// SPDX-License-Identifier: MPL-2.0
// PHP on the library.

function check($ok, $what) { if (!$ok) { fwrite(STDERR, "failed: $what\n"); exit(1); } }

$ctx = new ZMQContext();
foreach (array_slice($argv, 1) as $endpoint) {
	$s = new ZMQSocket($ctx, ZMQ::SOCKET_REQ);
	$s->connect($endpoint);
	foreach ([0, 1, 33, 34, 255, 4096, 65536, 1 << 20] as $size) {
		$parts = ['head', str_repeat('x', $size)];
		$s->sendmulti($parts);
		check($s->recvmulti() === $parts, "$endpoint, $size bytes");
	}
}
foreach (['tcp://127.0.0.1:*', 'ipc://*', 'inproc://php'] as $at) {
	$a = new ZMQSocket($ctx, ZMQ::SOCKET_REP);
	$b = new ZMQSocket($ctx, ZMQ::SOCKET_REQ);
	$a->bind($at);
	$b->connect($a->getSockOpt(ZMQ::SOCKOPT_LAST_ENDPOINT));
	for ($i = 0; $i < 100; $i++) {
		$b->send("question $i");
		check($a->recv() === "question $i", 'question');
		$a->send("answer $i");
		check($b->recv() === "answer $i", 'answer');
	}
	$poll = new ZMQPoll();
	$poll->add($a, ZMQ::POLL_IN);
	$readable = $writable = [];
	check($poll->poll($readable, $writable, 10) === 0, 'nothing to poll');
	$b->send('again');
	check($poll->poll($readable, $writable, 10000) === 1 && $readable[0] === $a, 'poll');
}
check(count(array_filter(file('/proc/self/maps'), fn($l) => strpos($l, getenv('LIBRARY')) !== false)) > 0, 'another library');
echo "ok\n";
