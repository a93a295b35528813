"""Django's administration (BSD-3, PyPI) with CKEditor 5, TinyMCE and Summernote, a public site with forms, and an API by the REST framework."""

import json

from driver import Session, Site
from texts import as_html, as_markdown

HOST = {"A": "cms.stadtbuecherei.example", "B": "backoffice.maison-du-lac.example"}
INSTALL = {"venv": ("django", ["django", "django-ckeditor-5", "django-tinymce", "django-summernote", "wagtail", "djangorestframework", "markdown"])}
KINDS = (("POST /admin/login", "login"), ("(POST|PUT|PATCH) /api/", "api"), ("POST .*upload", "upload"), ("POST /admin/shop/(article|page|note)/", "rich-text"), ("POST ", "form"))
WORD = "Lese-Ratte;1=1"
SETTINGS = """
import os
BASE = os.path.dirname(os.path.abspath(__file__))
SECRET_KEY = 'a-secret-key-for-captures-only-0123456789'
DEBUG = True
ALLOWED_HOSTS = ['*']
ROOT_URLCONF = 'shop.urls'
INSTALLED_APPS = ['django.contrib.admin', 'django.contrib.auth', 'django.contrib.contenttypes', 'django.contrib.sessions', 'django.contrib.messages', 'django.contrib.staticfiles', 'django_ckeditor_5', 'tinymce', 'django_summernote', 'rest_framework', 'shop']
MIDDLEWARE = ['django.contrib.sessions.middleware.SessionMiddleware', 'django.middleware.common.CommonMiddleware', 'django.middleware.csrf.CsrfViewMiddleware', 'django.contrib.auth.middleware.AuthenticationMiddleware', 'django.contrib.messages.middleware.MessageMiddleware']
TEMPLATES = [{'BACKEND': 'django.template.backends.django.DjangoTemplates', 'APP_DIRS': True, 'OPTIONS': {'context_processors': ['django.template.context_processors.request', 'django.contrib.auth.context_processors.auth', 'django.contrib.messages.context_processors.messages']}}]
DATABASES = {'default': {'ENGINE': 'django.db.backends.sqlite3', 'NAME': os.path.join(BASE, 'db.sqlite3'), 'OPTIONS': {'timeout': 20}}}
STATIC_URL = '/static/'
MEDIA_URL = '/media/'
MEDIA_ROOT = os.path.join(BASE, 'media')
DEFAULT_AUTO_FIELD = 'django.db.models.AutoField'
X_FRAME_OPTIONS = 'SAMEORIGIN'
SUMMERNOTE_THEME = 'lite'
CKEDITOR_5_CONFIGS = {'default': {'toolbar': ['heading', 'bold', 'italic', 'link', 'blockQuote', 'codeBlock', 'insertTable', 'imageUpload', 'sourceEditing']}}
REST_FRAMEWORK = {'DEFAULT_AUTHENTICATION_CLASSES': ['rest_framework.authentication.BasicAuthentication', 'rest_framework.authentication.SessionAuthentication'], 'PAGE_SIZE': 20, 'DEFAULT_PAGINATION_CLASS': 'rest_framework.pagination.PageNumberPagination', 'DEFAULT_FILTER_BACKENDS': ['rest_framework.filters.SearchFilter', 'rest_framework.filters.OrderingFilter']}
"""
MODELS = """
from django.db import models
from django_ckeditor_5.fields import CKEditor5Field
from tinymce.models import HTMLField
class Article(models.Model):
    title = models.CharField(max_length=250); body = CKEditor5Field(config_name='default'); tags = models.CharField(max_length=200, blank=True); published = models.BooleanField(default=False)
    def __str__(self): return self.title
class Page(models.Model):
    title = models.CharField(max_length=250); body = HTMLField(); teaser = models.TextField(blank=True)
    def __str__(self): return self.title
class Note(models.Model):
    title = models.CharField(max_length=250); body = models.TextField(); code = models.TextField(blank=True)
    def __str__(self): return self.title
class Product(models.Model):
    name = models.CharField(max_length=250); price = models.CharField(max_length=20); text = models.TextField(); picture = models.FileField(blank=True, upload_to='p'); extra = models.JSONField(blank=True, null=True)
    def __str__(self): return self.name
class Message(models.Model):
    name = models.CharField(max_length=250); address = models.CharField(max_length=250); mail = models.CharField(max_length=250); text = models.TextField(); file = models.FileField(blank=True, upload_to='m')
"""
ADMIN = """
from django.contrib import admin
from django_summernote.admin import SummernoteModelAdmin
from .models import *
@admin.register(Note)
class NoteAdmin(SummernoteModelAdmin):
    summernote_fields = ('body',)
class Listed(admin.ModelAdmin):
    search_fields = ('title',); list_filter = ()
class ArticleAdmin(Listed):
    list_display = ('title', 'tags', 'published'); list_editable = ('tags', 'published'); list_filter = ('published',)
class ProductAdmin(admin.ModelAdmin):
    search_fields = ('name', 'text'); list_display = ('name', 'price'); list_editable = ('price',)
admin.site.register(Article, ArticleAdmin); admin.site.register(Page, Listed); admin.site.register(Product, ProductAdmin); admin.site.register(Message)
"""
URLS = """
from django import forms
from django.contrib import admin
from django.urls import include, path
from django.conf import settings
from django.conf.urls.static import static
from django.shortcuts import redirect
from django.http import HttpResponse
from django.template import Context, Template, RequestContext
from rest_framework import routers, serializers, viewsets
from .models import *
def api(model, *search):
    serializer = type(model.__name__ + 'S', (serializers.ModelSerializer,), {'Meta': type('Meta', (), {'model': model, 'fields': '__all__'})})
    return type(model.__name__ + 'V', (viewsets.ModelViewSet,), {'queryset': model.objects.order_by('id'), 'serializer_class': serializer, 'search_fields': search})
router = routers.DefaultRouter()
for model, search in ((Article, 'title'), (Page, 'title'), (Note, 'body'), (Product, 'name')):
    router.register(model.__name__.lower() + 's', api(model, search))
class Contact(forms.ModelForm):
    class Meta:
        model = Message; fields = '__all__'
PAGE = '<!doctype html><title>Shop</title><form method=get action=/><input name=q value="{{ q }}"><select name=sort><option>name<option>-price</select><button>Find</button></form>{% for p in products %}<p>{{ p }}{% endfor %}<form id=c method=post action=/contact/ enctype=multipart/form-data>{% csrf_token %}{{ form.as_p }}<button>Send</button></form>'
def home(request):
    q = request.GET.get('q', '')
    return HttpResponse(Template(PAGE).render(RequestContext(request, {'q': q, 'form': Contact(), 'products': Product.objects.filter(name__contains=q)[:20]})))
def contact(request):
    form = Contact(request.POST, request.FILES)
    if form.is_valid(): form.save()
    return redirect('/?sent=1')
urlpatterns = [path('', home), path('contact/', contact), path('admin/', admin.site.urls), path('api/', include(router.urls)), path('ckeditor5/', include('django_ckeditor_5.urls')), path('tinymce/', include('tinymce.urls')), path('summernote/', include('django_summernote.urls'))] + static(settings.MEDIA_URL, document_root=settings.MEDIA_ROOT)
"""


def start(site: Site) -> None:
    """A project of five models."""
    package = site.folder / "shop"
    package.mkdir()
    for name, text in (("__init__", ""), ("settings", SETTINGS), ("models", MODELS), ("admin", ADMIN), ("urls", URLS)):
        (package / f"{name}.py").write_text(text)
    python, env = site.home / "v-django/bin/python", {"DJANGO_SETTINGS_MODULE": "shop.settings", "PYTHONPATH": str(site.folder), "DJANGO_SUPERUSER_PASSWORD": WORD}
    for command in (["makemigrations", "shop"], ["migrate"], ["createsuperuser", "--noinput", "--username", "admin", "--email", "a@example.org"]):
        site.run(python, "-m", "django", *command, env=env)
    site.serve(python, "-m", "django", "runserver", "--noreload", f"127.0.0.1:{site.port}", env=env)


def drive(session: Session) -> None:
    """An editor, visitors and programs in turn."""
    session.go("/admin/login/?next=/admin/")
    session.fill("#id_username", "admin")
    session.fill("#id_password", WORD)
    session.submit("input[type=submit]")
    for number in session.times(40):
        for name, act in (("write", write), ("product", product), ("visit", visit), ("api", api)):
            with session.step(name):
                act(session, number)
        if number % 3 == 0:
            with session.step("list"):
                lists(session, number)


def write(session: Session, number: int) -> None:
    """Writes or edits in one of the three editors."""
    model = ("article", "page", "note")[number % 3]
    article = session.texts.article()
    session.go(f"/admin/shop/{model}/" + (f"{number // 6 + 1}/change/" if number % 6 > 3 else "add/"))
    session.settle(700)
    session.fill("#id_title", article.title)
    if model == "article":
        session.fill("#id_tags", ", ".join(session.texts.tags()))
    if model == "page":
        session.fill("#id_teaser", as_markdown(session.texts.article(blocks=2)))
    if model == "note":
        session.fill("#id_code", session.texts.code()[1])
    session.page.evaluate("""text => {
        if (window.editors) Object.values(window.editors).forEach(e => e.setData && e.setData(text));
        if (window.tinymce && tinymce.get('id_body')) tinymce.get('id_body').setContent(text);
        const area = document.querySelector('#id_body'); if (area) area.value = text;
        document.querySelectorAll('iframe').forEach(f => { try { const w = f.contentWindow; if (w.$ && w.$('textarea').summernote) w.$('textarea').summernote('code', text); } catch (e) {} });
    }""", as_html(article))
    session.submit(f"input[name={session.rng.choice(('_save', '_save', '_continue', '_addanother'))}]")


def product(session: Session, number: int) -> None:
    """A product, sometimes with a picture and JSON."""
    name, price, text = session.texts.product()
    session.go("/admin/shop/product/add/")
    session.fill("#id_name", name)
    session.fill("#id_price", price)
    session.fill("#id_text", text + "\n" + session.texts.paragraph())
    session.fill("#id_extra", json.dumps({"size": "3/4\"", "tags": session.texts.tags(), "note": session.texts.comment(), "or": [1, None]}, ensure_ascii=False))
    if number % 3 == 0:
        session.upload("#id_picture", "bild (1).png", "image/png", session.texts.picture())
    session.submit("input[name=_save]")


def visit(session: Session, number: int) -> None:
    """A visitor's search and message."""
    session.go("/")
    session.fill("input[name=q]", session.texts.search())
    session.submit("form[method=get] button")
    session.fill("#id_name", session.texts.name_of())
    session.fill("#id_address", session.texts.address())
    session.fill("#id_mail", f"o'neil+{number}@example.com")
    session.fill("#id_text", session.texts.mail())
    if number % 4 == 1:
        session.upload("#id_file", "anhang.zip", "application/zip", session.texts.archive())
    session.submit("#c button")


def api(session: Session, number: int) -> None:
    """A program's calls, JSON and forms."""
    auth, article = ("admin", WORD), session.texts.article()
    agent = session.rng.choice((None, "axios/1.7.2", "okhttp/4.12.0", "Go-http-client/1.1", "PostmanRuntime/7.41.0"))
    session.call("POST", "/api/notes/", agent, auth=auth, json={"title": article.title, "body": as_markdown(article), "code": session.texts.code()[1]})
    session.call("PATCH", f"/api/articles/{number // 3 + 1}/", agent, auth=auth, json={"body": as_html(article), "published": True})
    name, price, text = session.texts.product()
    session.call("POST", "/api/products/", agent, auth=auth, data={"name": name, "price": price, "text": text}) if number % 2 else session.call("GET", "/api/products/", agent, auth=auth, params={"search": session.texts.search(), "ordering": "-id", "format": "json"})
    if number % 5 == 0:
        session.curl("-u", f"admin:{WORD}", "-F", f"name={name}", "-F", "price=1", "-F", f"text={text}", "-F", f"picture=@{session.site.folder}/shop/models.py;type=text/x-python", "{url}/api/products/")


def lists(session: Session, number: int) -> None:
    """Searches and edits in a list, runs an action."""
    session.go("/admin/shop/article/")
    session.fill("#searchbar", session.texts.search())
    session.submit("#changelist-search input[type=submit]")
    session.go("/admin/shop/product/?o=-2.1")
    session.page.locator("[name=form-0-price]").fill(f"{number},99")
    session.submit("input[name=_save]")
