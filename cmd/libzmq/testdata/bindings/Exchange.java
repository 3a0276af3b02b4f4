// SPDX-License-Identifier: MPL-2.0
// Java on the library.

import java.nio.file.Files;
import java.nio.file.Paths;
import java.util.Arrays;
import org.zeromq.ZMQ;

public class Exchange {
    static void check(boolean ok, String what) {
        if (!ok)
            throw new RuntimeException("failed: " + what);
    }

    public static void main(String[] args) throws Exception {
        ZMQ.Context ctx = ZMQ.context(1);
        for (String endpoint : args) {
            ZMQ.Socket s = ctx.socket(ZMQ.REQ);
            s.connect(endpoint);
            for (int size : new int[] {0, 1, 33, 34, 255, 4096, 65536, 1 << 20}) {
                byte[] body = new byte[size];
                Arrays.fill(body, (byte) 'x');
                check(s.send("head".getBytes(), ZMQ.SNDMORE) && s.send(body, 0), "send");
                check(new String(s.recv(0)).equals("head") && s.hasReceiveMore(), "head");
                check(Arrays.equals(s.recv(0), body) && !s.hasReceiveMore(), endpoint + ", " + size + " bytes");
            }
            s.close();
        }
        String dir = Files.createTempDirectory("java").toString();
        for (String at : new String[] {"tcp://127.0.0.1", "ipc://" + dir + "/s", "inproc://java"}) {
            ZMQ.Socket a = ctx.socket(ZMQ.REP), b = ctx.socket(ZMQ.REQ);
            if (at.startsWith("tcp"))
                at += ":" + a.bindToRandomPort(at);
            else
                a.bind(at);
            b.connect(at);
            for (int i = 0; i < 100; i++) {
                b.send("question " + i);
                check(a.recvStr().equals("question " + i), "question");
                a.send("answer " + i);
                check(b.recvStr().equals("answer " + i), "answer");
            }
            ZMQ.Poller p = new ZMQ.Poller(1);
            p.register(a, ZMQ.Poller.POLLIN);
            check(p.poll(10) == 0, "nothing to poll");
            b.send("again");
            check(p.poll(10000) == 1 && p.pollin(0), "poll");
            a.close();
            b.setLinger(0);
            b.close();
        }
        ctx.term();
        String library = System.getenv("LIBRARY");
        check(Files.readAllLines(Paths.get("/proc/self/maps")).stream().anyMatch(l -> l.contains(library)), "another library");
        System.out.println("ok");
    }
}
