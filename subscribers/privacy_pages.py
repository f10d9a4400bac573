"""The page that tells readers what is stored about them, and why; or the way to the operator's own."""

from fastapi import APIRouter, Response
from fastapi.responses import RedirectResponse

from digest.config import Settings
from subscribers import pages, privacy
from subscribers.pages import AcceptLanguage

PATH = "/privacy"


def router(settings: Settings) -> APIRouter:
    """Return the address of the page. With an own page of the operator's, it leads there."""
    routes = APIRouter(include_in_schema=False, default_response_class=Response)

    @routes.api_route(PATH, methods=["GET", "HEAD"])
    def show(accept: AcceptLanguage = "") -> Response:
        if settings.privacy_url:
            return RedirectResponse(settings.privacy_url, 307, headers=pages.PRIVATE)
        answer = pages.page(
            settings,
            "privacy.html.j2",
            language=pages.visitors_language(settings, accept),
            facts=privacy.FACTS,
            not_done=privacy.NOT_DONE if settings.webhooks else (*privacy.NOT_DONE, privacy.NOBODY_ELSE),
            rights=privacy.RIGHTS,
            newsletters=settings.newsletters,
        )
        answer.headers["Vary"] = "Accept-Language"
        return answer

    return routes
