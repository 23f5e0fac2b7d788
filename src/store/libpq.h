// libpq, opened when it is first wanted (base/library.h). Include this in place of <libpq-fe.h>. Private to this room.
#pragma once

#include <libpq-fe.h>

#include "base/library.h"

namespace limpid::store::postgres {

inline constinit base::Library libpq{"libpq.so.5"};

LIMPID_IMPORT(libpq, PQclear)
LIMPID_IMPORT(libpq, PQcmdStatus)
LIMPID_IMPORT(libpq, PQcmdTuples)
LIMPID_IMPORT(libpq, PQconnectPoll)
LIMPID_IMPORT(libpq, PQconnectStartParams)
LIMPID_IMPORT(libpq, PQconninfoFree)
LIMPID_IMPORT(libpq, PQconninfoParse)
LIMPID_IMPORT(libpq, PQconsumeInput)
LIMPID_IMPORT(libpq, PQenterPipelineMode)
LIMPID_IMPORT(libpq, PQerrorMessage)
LIMPID_IMPORT(libpq, PQexitPipelineMode)
LIMPID_IMPORT(libpq, PQfinish)
LIMPID_IMPORT(libpq, PQflush)
LIMPID_IMPORT(libpq, PQfreemem)
LIMPID_IMPORT(libpq, PQgetResult)
LIMPID_IMPORT(libpq, PQgetisnull)
LIMPID_IMPORT(libpq, PQgetlength)
LIMPID_IMPORT(libpq, PQgetvalue)
LIMPID_IMPORT(libpq, PQisBusy)
LIMPID_IMPORT(libpq, PQnotifies)
LIMPID_IMPORT(libpq, PQntuples)
LIMPID_IMPORT(libpq, PQpipelineStatus)
LIMPID_IMPORT(libpq, PQpipelineSync)
LIMPID_IMPORT(libpq, PQputCopyData)
LIMPID_IMPORT(libpq, PQputCopyEnd)
LIMPID_IMPORT(libpq, PQresultErrorField)
LIMPID_IMPORT(libpq, PQresultErrorMessage)
LIMPID_IMPORT(libpq, PQresultStatus)
LIMPID_IMPORT(libpq, PQsendPrepare)
LIMPID_IMPORT(libpq, PQsendQuery)
LIMPID_IMPORT(libpq, PQsendQueryPrepared)
LIMPID_IMPORT(libpq, PQserverVersion)
LIMPID_IMPORT(libpq, PQsetNoticeReceiver)
LIMPID_IMPORT(libpq, PQsetnonblocking)
LIMPID_IMPORT(libpq, PQsocket)
LIMPID_IMPORT(libpq, PQstatus)
LIMPID_IMPORT(libpq, PQtransactionStatus)

}  // namespace limpid::store::postgres
