# Sourced behind lib.sh by tests in which the key that signs goes away.
#
#	signing TIMES COMMAND	with an agent that signs so many times, which
#				$SCHEMASTORE_KEY=agents.pub asks
cat >agent.py <<'END'
import socket
import subprocess
import sys

left = int(sys.argv[1])
real = sys.argv[2]
server = socket.socket(socket.AF_UNIX)
server.bind("agent")
server.listen()
child = subprocess.Popen(sys.argv[3:])


def message(s):
    head = s.recv(4, socket.MSG_WAITALL)
    return head + s.recv(int.from_bytes(head, "big"), socket.MSG_WAITALL)


server.settimeout(0.05)
while child.poll() is None:
    try:
        peer, _ = server.accept()
    except TimeoutError:
        continue
    peer.settimeout(5)
    while True:
        asked = message(peer)
        if not asked:
            break
        if asked[4] == 13:
            left -= 1
            if left < 0:
                break
        with socket.socket(socket.AF_UNIX) as other:
            other.connect(real)
            other.sendall(asked)
            peer.sendall(message(other))
    peer.close()
sys.exit(child.returncode)
END
cat >with-agent.sh <<'END'
set -e
ssh-add -q agents.secret
real=$SSH_AUTH_SOCK
export SSH_AUTH_SOCK=$PWD/agent
times=$1
shift
exec python3 agent.py "$times" "$real" "$@"
END

if command -v ssh-keygen >/dev/null
then
	ssh-keygen -q -t ed25519 -N "" -C "" -f agents.secret
	mv agents.secret.pub agents.pub
fi

signing () {
	rm -f agent
	ssh-agent sh with-agent.sh "$@"
}
