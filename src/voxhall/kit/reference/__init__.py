"""/api/docs: our OpenAPI description, readable. Own files, because no other origin may put a script into our pages."""

from pathlib import Path

from fastapi import APIRouter
from starlette.responses import FileResponse

FOLDER = Path(__file__).parent

router = APIRouter(include_in_schema=False)


@router.get("/api/docs")
async def docs() -> FileResponse:
    return FileResponse(FOLDER / "reference.html")


@router.get("/api/docs/reference.js")
async def script() -> FileResponse:
    return FileResponse(FOLDER / "reference.js", media_type="text/javascript")


@router.get("/api/docs/reference.css")
async def style() -> FileResponse:
    return FileResponse(FOLDER / "reference.css")
