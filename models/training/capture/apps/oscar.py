"""Oscar (BSD-3, PyPI): a shop; search, basket, checkout with addresses, reviews, registration, and the dashboard with TinyMCE and pictures."""

from driver import Session, Site
from texts import as_html

HOST = {"A": "shop.haushalt-und-garten.example", "B": "tienda.casa-y-campo.example"}
INSTALL = {"venv": ("oscar", ["django-oscar[sorl-thumbnail]", "setuptools<80"])}
KINDS = (("POST .*/accounts/(login|register)|POST .*/login", "login"), ("POST .*/dashboard/(catalogue|pages|communications)", "rich-text"), ("POST ", "form"))
WORD = "Garten;Stuhl'26"
SETTINGS = """
import os
from oscar.defaults import *
BASE = os.path.dirname(os.path.abspath(__file__))
SECRET_KEY = 'a-secret-key-for-captures-only-0123456789'
DEBUG = True
ALLOWED_HOSTS = ['*']
ROOT_URLCONF = 'shop.urls'
SITE_ID = 1
INSTALLED_APPS = ['django.contrib.admin', 'django.contrib.auth', 'django.contrib.contenttypes', 'django.contrib.sessions', 'django.contrib.messages', 'django.contrib.staticfiles', 'django.contrib.sites', 'django.contrib.flatpages', 'oscar.config.Shop', 'oscar.apps.analytics.apps.AnalyticsConfig', 'oscar.apps.checkout.apps.CheckoutConfig', 'oscar.apps.address.apps.AddressConfig', 'oscar.apps.shipping.apps.ShippingConfig', 'oscar.apps.catalogue.apps.CatalogueConfig', 'oscar.apps.catalogue.reviews.apps.CatalogueReviewsConfig', 'oscar.apps.communication.apps.CommunicationConfig', 'oscar.apps.partner.apps.PartnerConfig', 'oscar.apps.basket.apps.BasketConfig', 'oscar.apps.payment.apps.PaymentConfig', 'oscar.apps.offer.apps.OfferConfig', 'oscar.apps.order.apps.OrderConfig', 'oscar.apps.customer.apps.CustomerConfig', 'oscar.apps.search.apps.SearchConfig', 'oscar.apps.voucher.apps.VoucherConfig', 'oscar.apps.wishlists.apps.WishlistsConfig', 'oscar.apps.dashboard.apps.DashboardConfig', 'oscar.apps.dashboard.reports.apps.ReportsDashboardConfig', 'oscar.apps.dashboard.users.apps.UsersDashboardConfig', 'oscar.apps.dashboard.orders.apps.OrdersDashboardConfig', 'oscar.apps.dashboard.catalogue.apps.CatalogueDashboardConfig', 'oscar.apps.dashboard.offers.apps.OffersDashboardConfig', 'oscar.apps.dashboard.partners.apps.PartnersDashboardConfig', 'oscar.apps.dashboard.pages.apps.PagesDashboardConfig', 'oscar.apps.dashboard.ranges.apps.RangesDashboardConfig', 'oscar.apps.dashboard.reviews.apps.ReviewsDashboardConfig', 'oscar.apps.dashboard.vouchers.apps.VouchersDashboardConfig', 'oscar.apps.dashboard.communications.apps.CommunicationsDashboardConfig', 'oscar.apps.dashboard.shipping.apps.ShippingDashboardConfig', 'widget_tweaks', 'haystack', 'treebeard', 'sorl.thumbnail', 'django_tables2']
MIDDLEWARE = ['django.contrib.sessions.middleware.SessionMiddleware', 'django.middleware.common.CommonMiddleware', 'django.middleware.csrf.CsrfViewMiddleware', 'django.contrib.auth.middleware.AuthenticationMiddleware', 'django.contrib.messages.middleware.MessageMiddleware', 'oscar.apps.basket.middleware.BasketMiddleware', 'django.contrib.flatpages.middleware.FlatpageFallbackMiddleware']
TEMPLATES = [{'BACKEND': 'django.template.backends.django.DjangoTemplates', 'APP_DIRS': True, 'OPTIONS': {'context_processors': ['django.template.context_processors.request', 'django.contrib.auth.context_processors.auth', 'django.contrib.messages.context_processors.messages', 'django.template.context_processors.debug', 'django.template.context_processors.i18n', 'django.template.context_processors.media', 'django.template.context_processors.static', 'oscar.apps.search.context_processors.search_form', 'oscar.apps.checkout.context_processors.checkout', 'oscar.apps.communication.notifications.context_processors.notifications', 'oscar.core.context_processors.metadata']}}]
AUTHENTICATION_BACKENDS = ('oscar.apps.customer.auth_backends.EmailBackend', 'django.contrib.auth.backends.ModelBackend')
DATABASES = {'default': {'ENGINE': 'django.db.backends.sqlite3', 'NAME': os.path.join(BASE, 'db.sqlite3'), 'ATOMIC_REQUESTS': True, 'OPTIONS': {'timeout': 20}}}
HAYSTACK_CONNECTIONS = {'default': {'ENGINE': 'haystack.backends.simple_backend.SimpleEngine'}}
STATIC_URL = '/static/'
MEDIA_URL = '/media/'
MEDIA_ROOT = os.path.join(BASE, 'media')
EMAIL_BACKEND = 'django.core.mail.backends.dummy.EmailBackend'
OSCAR_ALLOW_ANON_CHECKOUT = True
OSCAR_ALLOW_ANON_REVIEWS = True
OSCAR_REQUIRED_ADDRESS_FIELDS = ('first_name', 'last_name', 'line1', 'line4', 'postcode', 'country')
LANGUAGE_CODE = 'en'
USE_I18N = False
DEFAULT_AUTO_FIELD = 'django.db.models.AutoField'
"""
URLS = """
from django.apps import apps
from django.contrib import admin
from django.urls import include, path
urlpatterns = [path('i18n/', include('django.conf.urls.i18n')), path('admin/', admin.site.urls), path('', include(apps.get_app_config('oscar').urls[0]))]
"""
FILL = """
from decimal import Decimal
from oscar.apps.address.models import Country
from oscar.apps.catalogue.models import ProductClass, Product, Category
from oscar.apps.partner.models import Partner, StockRecord
for code, name in (('DE', 'Germany'), ('ES', 'Spain'), ('FR', 'France'), ('PL', 'Poland'), ('GB', 'United Kingdom')):
    Country.objects.create(iso_3166_1_a2=code, iso_3166_1_a3=code + 'X', iso_3166_1_numeric=code, printable_name=name, name=name, is_shipping_country=True)
kind = ProductClass.objects.create(name='Goods', requires_shipping=True, track_stock=False)
partner = Partner.objects.create(name='House')
root = Category.add_root(name='All', slug='all')
for number in range(1, 7):
    product = Product.objects.create(title='Article %d' % number, product_class=kind, upc='U%d' % number, slug='article-%d' % number)
    product.categories.add(root)
    StockRecord.objects.create(product=product, partner=partner, partner_sku='S%d' % number, price=Decimal('9.90') * number, num_in_stock=1000)
"""


def start(site: Site) -> None:
    """A shop with six articles, an owner, and countries to ship to."""
    package = site.folder / "shop"
    package.mkdir()
    for name, text in (("__init__", ""), ("settings", SETTINGS), ("urls", URLS)):
        (package / f"{name}.py").write_text(text)
    python, env = site.home / "v-oscar/bin/python", {"DJANGO_SETTINGS_MODULE": "shop.settings", "PYTHONPATH": str(site.folder), "DJANGO_SUPERUSER_PASSWORD": WORD}
    site.run(python, "-m", "django", "migrate", env=env)
    site.run(python, "-m", "django", "createsuperuser", "--noinput", "--username", "owner", "--email", "owner@example.org", env=env)
    site.run(python, "-m", "django", "shell", env=env, text=FILL)
    site.run(python, "-m", "django", "shell", "-c", FILL, env=env) if not has_products(site) else None
    site.serve(python, "-m", "django", "runserver", "--noreload", f"127.0.0.1:{site.port}", env=env)


def has_products(site: Site) -> bool:
    """Whether the articles are in the database."""
    import sqlite3

    with sqlite3.connect(site.folder / "shop/db.sqlite3") as database:
        return database.execute("SELECT count(*) FROM catalogue_product").fetchone()[0] > 0


def drive(session: Session) -> None:
    """Customers in turn with the owner."""
    for number in session.times(16):
        with session.step("customer"):
            customer(session, number)
        with session.step("owner"):
            owner(session, number)


def customer(session: Session, number: int) -> None:
    """Looks, registers, reviews, buys."""
    texts = session.texts
    session.person()
    session.go("/")
    session.fill("input[name=q]", texts.search())
    session.page.locator("input[name=q]").first.press("Enter")
    session.page.wait_for_load_state("domcontentloaded")
    if number % 2 == 0:
        with session.step("register"):
            session.go("/accounts/login/")
            session.fill("#id_registration-email", f"kunde{number}@example.com")
            session.fill("#id_registration-password1", "Sonne&Mond=1;x")
            session.fill("#id_registration-password2", "Sonne&Mond=1;x")
            session.submit("button[name=registration_submit]")
    for item in session.rng.sample(range(1, 7), 2):
        with session.step("review"):
            session.go(f"/catalogue/article-{item}_{item}/reviews/add/")
            session.page.evaluate("() => { const i = document.querySelector('#id_score'); if (i) { i.type = 'text'; i.value = '4'; } }")
            session.page.evaluate("([t, b, n, m]) => { const s = (k, v) => { const f = document.querySelector(k); if (f) f.value = v; }; s('#id_title', t); s('#id_body', b); s('#id_name', n); s('#id_email', m); document.querySelector('#add_review_form, form.form-stacked, form#add_review').requestSubmit(); }", [texts.title(), texts.paragraph() + "\n" + texts.paragraph(technical=True), texts.name_of(), f"r{number}@example.com"])
            session.settle(900)
        session.go(f"/catalogue/article-{item}_{item}/")
        session.submit("form[action*='/basket/add'] button[type=submit]")
    with session.step("voucher"):
        session.go("/basket/")
        session.page.evaluate("code => { const f = document.querySelector('form[action*=vouchers] input[name=code]'); f.value = code; f.form.submit(); }", texts.search())
        session.settle(900)
    session.go("/checkout/")
    if "/checkout/" in session.page.url and session.page.locator("#id_username").count():
        session.fill("#id_username", f"gast{number}@example.com")
        session.submit("form button[type=submit]:visible")
    session.go("/checkout/shipping-address/")
    first, _, last = texts.name_of().partition(" ")
    for field, value in (("first_name", first), ("last_name", last or "-"), ("line1", texts.address()), ("line4", texts.address().split(",")[-1][:40]), ("postcode", "20095"), ("notes", texts.comment())):
        session.page.evaluate("([k, v]) => { const f = document.querySelector(`#id_${k}`); if (f) f.value = v; }", [field, value])
    session.page.evaluate("() => { const c = document.querySelector('#id_country'); if (c && c.options) c.value = 'DE'; }")
    session.submit("#new_shipping_address button[type=submit]")
    with session.step("pay"):
        session.go("/checkout/preview/")
        session.submit("#place-order-form button[type=submit], #place_order_form button[type=submit]")


def owner(session: Session, number: int) -> None:
    """Writes articles, pages and letters in the dashboard."""
    texts = session.texts
    session.person()
    session.go("/accounts/login/?next=/dashboard/")
    session.fill("#id_login-username", "owner@example.org")
    session.fill("#id_login-password", WORD)
    session.submit("button[name=login_submit]")
    for turn in range(4):
        name, price, text = texts.product()
        with session.step("article"):
            session.go("/dashboard/catalogue/products/create/goods/" if turn % 2 else f"/dashboard/catalogue/products/{session.rng.randint(1, 6)}/")
            put(session, {"id_title": name, "id_description": "<p>" + text + "</p>" + as_html(texts.article()), "id_meta_description": texts.comment(), "id_stockrecords-0-price": price.replace(",", "."), "id_stockrecords-0-partner_sku": f"K-{number}-{turn}"})
            if turn % 3 == 1:
                session.page.locator("#id_images-0-original").set_input_files({"name": "bild.png", "mimeType": "image/png", "buffer": texts.picture()})
            session.page.evaluate("() => { const f = document.querySelector('form[enctype]'); HTMLFormElement.prototype.submit.call(f); }")
            session.page.wait_for_load_state("domcontentloaded")
            session.settle(900)
    with session.step("page"):
        article = texts.article()
        session.go("/dashboard/pages/create/")
        put(session, {"id_url": f"/seite-{number}/", "id_title": article.title, "id_content": as_html(article)})
        session.page.evaluate("() => HTMLFormElement.prototype.submit.call(document.querySelector('#id_content').form)")
        session.settle(900)
    with session.step("lists"):
        session.go("/dashboard/catalogue/?title=" + texts.search().replace("#", "").replace("&", "%26") + "&upc=")
        session.go("/dashboard/orders/?order_number=&name=O%27Neil&product_title=&upc=&date_from=2026-01-01&date_to=&voucher=&payment_method=&status=&response_format=html")


def put(session: Session, values: dict[str, str]) -> None:
    """Sets fields by their id, and what an editor shows for them."""
    session.page.evaluate("""values => { for (const [id, text] of Object.entries(values)) { try { tinymce.get(id).setContent(text); } catch (e) {} const f = document.getElementById(id); if (f) f.value = text; } }""", values)
