"""What other mail servers fetch from us by HTTPS: the MTA-STS policy.  RFC 8461 §3.3.

Asked under names such as mta-sts.example.com, which are no hosts of the web's own; so this
stands before everything that looks at the Host, and answers one path only.
"""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from mailcore.mailauth import sts

PATH = "/.well-known/mta-sts.txt"
_FRESH = 600  # seconds that a cache between may keep it

View = Callable[[HttpRequest], HttpResponse]


class PolicyMiddleware:
    """Serves the policy of the hosted domain that the Host names; 404 for all others."""

    def __init__(self, get_response: View) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path_info != PATH:
            return self.get_response(request)
        if request.method not in ("GET", "HEAD"):
            return HttpResponse(status=405, headers={"Allow": "GET, HEAD"})
        policy = sts.policy_for_host(request.META.get("HTTP_HOST", ""))
        if not policy:
            return HttpResponse("No policy.\n", status=404, content_type="text/plain")
        return HttpResponse(
            policy,
            content_type="text/plain; charset=us-ascii",
            headers={
                "Cache-Control": f"public, max-age={_FRESH}",
                "X-Content-Type-Options": "nosniff",
            },
        )
