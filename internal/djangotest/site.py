"""A small Django site that is driven by lines of JSON on its standard input.

The first line holds its settings. Each further line is one command,
[name, argument, ...], and is answered by one line, {"answer": ...} or
{"error": traceback}. The site ends with its input.

A request goes through Django's WSGI handler and all of its middleware to one
view, which runs a list of operations, [name, argument, ...], on its session, and
answers each as JSON text.
"""

import contextlib
import datetime
import importlib
import io
import json
import logging
import math  # for eval
import os
import sys
import threading
import traceback
import types
from wsgiref.util import setup_testing_defaults

import django
from django.conf import settings
from django.urls import re_path

APPS = "contenttypes auth sessions messages"

DEFAULTS = {
    "ALLOWED_HOSTS": ["*"],
    "INSTALLED_APPS": ["django.contrib." + app for app in APPS.split()],
    "MIDDLEWARE": [
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.middleware.csrf.CsrfViewMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
        "django.contrib.messages.middleware.MessageMiddleware",
    ],
    "MESSAGE_STORAGE": "django.contrib.messages.storage.session.SessionStorage",
    # The default is slow on purpose.
    "PASSWORD_HASHERS": ["django.contrib.auth.hashers.MD5PasswordHasher"],
    "DEFAULT_AUTO_FIELD": "django.db.models.AutoField",
    "USE_TZ": True,
    "ROOT_URLCONF": __name__,
    "LOGGING_CONFIG": None,
}


def as_json(value):
    """Return compact JSON, in which what JSON lacks is as Python shows it."""
    return json.dumps(value, separators=(",", ":"), default=repr)


class Operations:
    """What the view can be told to do; what each returns is its answer."""

    def __init__(self, request, exchange):
        self.request = request
        self.session = request.session
        self.exchange = exchange

    def pause(self):
        self.exchange.pause()

    # The session as a dict.

    def get(self, key):
        return self.session.get(key)

    def has(self, key):
        return key in self.session

    def items(self):
        return dict(self.session.items())

    def set(self, key, value):
        self.session[key] = value

    def set_python(self, key, expression):
        self.session[key] = eval(expression)

    def repr(self, key):
        return repr(self.session[key])

    def delete(self, key):
        del self.session[key]

    # Its life.

    def session_key(self):
        return self.session.session_key

    def save(self):
        self.session.save()

    def flush(self):
        self.session.flush()

    def cycle_key(self):
        self.session.cycle_key()

    def expire_after(self, seconds):
        self.session.set_expiry(seconds)

    def expire_at(self, iso):
        self.session.set_expiry(datetime.datetime.fromisoformat(iso))

    def expiry_age(self):
        return self.session.get_expiry_age()

    def expiry_date(self):
        return self.session.get_expiry_date().isoformat()

    def at_browser_close(self):
        return self.session.get_expire_at_browser_close()

    # What the rest of Django keeps in it.

    def login(self, name):
        from django.contrib import auth

        user = auth.get_user_model().objects.get(username=name)
        auth.login(self.request, user)

    def logout(self):
        from django.contrib import auth

        auth.logout(self.request)

    def user(self):
        return self.request.user.get_username() or None

    def csrf_token(self):
        from django.middleware.csrf import get_token

        return get_token(self.request)

    def message(self, level, text, tags=""):
        from django.contrib import messages

        messages.add_message(self.request, level, text, extra_tags=tags)

    def read_messages(self):
        from django.contrib import messages

        queued = messages.get_messages(self.request)
        return [[m.level, str(m.message), m.extra_tags or ""] for m in queued]


def view(request):
    from django.http import HttpResponse

    exchange = threading.current_thread()
    operations = Operations(request, exchange)
    for name, *arguments in exchange.operations:
        answer = getattr(operations, name)(*arguments)
        exchange.answers.append(as_json(answer))
    return HttpResponse()


urlpatterns = [re_path("", view)]


class Exchange(threading.Thread):
    """A request in a thread of its own, so that its view can pause."""

    def __init__(self, request):
        super().__init__(daemon=True)
        self.environ = {"REQUEST_METHOD": request["method"]}
        for name, value in request["headers"].items():
            self.environ["HTTP_" + name.upper().replace("-", "_")] = value
        setup_testing_defaults(self.environ)
        self.operations = request["operations"]
        self.answers, self.log, self.raised = [], [], None
        self.status, self.headers = None, []
        self.halted, self.resumed = threading.Event(), threading.Event()

    def pause(self):
        self.halted.set()
        self.resumed.wait()

    def run(self):
        try:
            body = application(self.environ, self.start_response)
            list(body)
            body.close()
        except Exception:
            self.log.append(traceback.format_exc())
        finally:
            self.halted.set()

    def start_response(self, status, headers, exc_info=None):
        self.status, self.headers = int(status.split()[0]), headers

    def response(self):
        return {
            "status": self.status,
            "headers": self.headers,
            "answers": self.answers,
            "raised": self.raised,
            "log": "\n".join(self.log),
        }


class ExchangeLog(logging.Handler):
    """Gives each request what Django logs of it."""

    def emit(self, record):
        exchange = threading.current_thread()
        if isinstance(exchange, Exchange):
            exchange.log.append(self.format(record))
            if record.exc_info:
                exchange.raised = record.exc_info[0].__name__


class Commands:
    """What the site can be told from outside; what each returns is its answer."""

    def __init__(self):
        self.exchanges = []
        self.overrides = []

    def begin(self, request):
        """Begin a request, and return once it has paused or ended."""
        exchange = Exchange(request)
        exchange.start()
        exchange.halted.wait()
        self.exchanges.append(exchange)
        return len(self.exchanges) - 1

    def finish(self, number):
        """Let a request end, and return its response."""
        exchange = self.exchanges[number]
        exchange.resumed.set()
        exchange.join()
        return exchange.response()

    def manage(self, name, *arguments):
        """Run a command of manage.py, and return its exit code and output."""
        from django.core.management import CommandError, call_command

        output, code = io.StringIO(), 0
        with contextlib.redirect_stderr(output):
            try:
                call_command(name, *arguments, stdout=output, no_color=True)
            except SystemExit as exit:
                code = exit.code
            except CommandError as error:
                output.write(str(error))
                code = error.returncode
        return [code, output.getvalue()]

    def set_password(self, name, password):
        """Make a user, or give one another password; return id and password field."""
        from django.contrib.auth import get_user_model

        user, _ = get_user_model().objects.get_or_create(username=name)
        user.set_password(password)
        user.save()
        return [str(user.pk), user.password]

    def load(self, key):
        """Load a session outside of any request; return its key and data."""
        session = self.store(key)
        data = session.load()
        return [session.session_key, as_json(data)]

    def exists(self, key):
        """Return whether the engine finds a record, be it expired."""
        return self.store(key).exists(key)

    def store(self, key):
        return importlib.import_module(settings.SESSION_ENGINE).SessionStore(key)

    def expire_date(self, key):
        """Return the expire_date of a session's row in the database."""
        from django.contrib.sessions.models import Session

        return Session.objects.get(pk=key).expire_date.isoformat()

    def override(self, values):
        """Change settings until restore is called."""
        from django.test.utils import override_settings

        self.overrides.append(override_settings(**values))
        self.overrides[-1].enable()

    def restore(self):
        self.overrides.pop().disable()


def start():
    global application
    # A module, as every site has: Django sets the process's time zone by it.
    module = types.ModuleType("site_settings")
    vars(module).update(DEFAULTS, **json.loads(sys.stdin.readline()))
    sys.modules[module.__name__] = module
    os.environ["DJANGO_SETTINGS_MODULE"] = module.__name__

    from django.core.wsgi import get_wsgi_application

    application = get_wsgi_application()
    logging.getLogger("django").addHandler(ExchangeLog())


def main():
    replies, sys.stdout = sys.stdout, sys.stderr

    def reply(value):
        replies.write(json.dumps(value) + "\n")
        replies.flush()

    start()
    reply({"answer": django.get_version()})

    from django.db import connections

    commands = Commands()
    for line in sys.stdin:
        name, *arguments = json.loads(line)
        try:
            reply({"answer": getattr(commands, name)(*arguments)})
        except Exception:
            reply({"error": traceback.format_exc()})
        finally:
            connections.close_all()


if __name__ == "__main__":
    main()
