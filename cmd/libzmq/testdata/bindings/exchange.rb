# SPDX-License-Identifier: MPL-2.0
# Ruby on the library.
require 'ffi-rzmq'

raise 'another library' unless LibZMQ.version == { major: 4, minor: 3, patch: 6 }

def check(ok, what)
  raise "failed: #{what}: #{ZMQ::Util.error_string}" unless ok
end

ctx = ZMQ::Context.new
ARGV.each do |endpoint|
  s = ctx.socket(ZMQ::REQ)
  check s.connect(endpoint).zero?, 'connect'
  [0, 1, 33, 34, 255, 4096, 65536, 1 << 20].each do |size|
    parts = ['head', 'x' * size]
    check s.send_strings(parts) >= 0, 'send'
    got = []
    check s.recv_strings(got) >= 0, 'receive'
    check got == parts, "#{endpoint}, #{size} bytes"
  end
  s.close
end
['tcp://127.0.0.1:*', 'ipc://*', 'inproc://ruby'].each do |at|
  a, b = ctx.socket(ZMQ::REP), ctx.socket(ZMQ::REQ)
  check a.bind(at).zero?, 'bind'
  last = []
  check a.getsockopt(ZMQ::LAST_ENDPOINT, last).zero?, 'last endpoint'
  check b.connect(last[0].delete("\0")).zero?, 'connect'
  100.times do |i|
    b.send_string("question #{i}")
    got = +''
    a.recv_string(got)
    check got == "question #{i}", 'question'
    a.send_string("answer #{i}")
    b.recv_string(got)
    check got == "answer #{i}", 'answer'
  end
  poller = ZMQ::Poller.new
  poller.register_readable(a)
  check poller.poll(10).zero?, 'nothing to poll'
  b.send_string('again')
  check poller.poll(10000) == 1 && poller.readables == [a], 'poll'
  [a, b].each(&:close)
end
ctx.terminate
puts 'ok'
