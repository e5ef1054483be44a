"""Soda Internal API: organisations, their users, API keys, and a log of what was changed."""

import logging
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import psycopg
from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse
from routes import router
from schemas import Health
from startup import apply_migrations, migration_state

logger = logging.getLogger("uvicorn.error")


@asynccontextmanager
async def lifespan(_: FastAPI) -> AsyncGenerator[None]:
    """Apply the migrations before the first request."""
    logger.info("The database is %s.", await apply_migrations())
    yield


app = FastAPI(title="Soda Internal API", lifespan=lifespan)
app.include_router(router)


@app.get("/health", responses={503: {"model": Health}})
def health(response: Response) -> Health:
    """Say whether the service can work; 503 while the database is behind, diverged or out of reach.

    A database that is ahead is fine: a newer release has migrated it, and its migrations are backward compatible.
    """
    state = migration_state()
    if state in {"current", "ahead"}:
        return Health(status="ok", migrations=state)
    response.status_code = 503
    return Health(status="unavailable", migrations=state)


@app.exception_handler(psycopg.errors.UniqueViolation)
def taken(_: Request, error: psycopg.Error) -> JSONResponse:
    """Answer 409 with the name of the index; PostgreSQL's own message would repeat the value."""
    return JSONResponse({"detail": f"Taken already ({error.diag.constraint_name})."}, 409)


@app.exception_handler(psycopg.IntegrityError)
@app.exception_handler(psycopg.DataError)
def refused(_: Request, error: psycopg.Error) -> JSONResponse:
    """Answer 422 where the values do not fit the tables."""
    reason = error.diag.constraint_name or error.sqlstate or "a character that text cannot hold"
    return JSONResponse({"detail": f"The values do not fit ({reason})."}, 422)


@app.exception_handler(psycopg.OperationalError)
def unavailable(_: Request, __: psycopg.Error) -> JSONResponse:
    """Answer 503 where the database is out of reach."""
    return JSONResponse({"detail": "The database is out of reach."}, 503)
