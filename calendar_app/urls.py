"""The calendar's addresses."""

from django.urls import path, register_converter

from calendar_app.views import events, files, pages


class RowNumber:
    """A primary key: never more digits than a database holds."""

    regex = r"[0-9]{1,18}"

    def to_python(self, value: str) -> int:
        return int(value)

    def to_url(self, value: int) -> str:
        return str(value)


register_converter(RowNumber, "row")

urlpatterns = [
    path("", pages.page, name="calendar"),
    path("new", events.add, name="calendar-add"),
    path("event/<row:number>", events.one, name="calendar-event"),
    path("event/<row:number>/delete", events.remove, name="calendar-remove"),
    path("calendars", files.manage, name="calendar-manage"),
    path("calendars/<row:number>.ics", files.export, name="calendar-export"),
]
