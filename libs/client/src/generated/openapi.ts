// Generated from the OpenAPI document: npm run client-types

export interface paths {
    "/v1/audit": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List what was changed, by whom, newest first
         * @description A manager sees its tenant’s changes, an operator everybody’s.
         *
         *     Scope: `manage` or `operate`.
         */
        get: operations["listAudit"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/batches": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List batches, newest first
         * @description Scope: `infer` or `read`.
         */
        get: operations["listBatches"];
        put?: never;
        /**
         * Run the lines of an uploaded file
         * @description Each line is `{"custom_id", "input", "parameters"?}`. Its answer or its error stands in one of two files when the batch has ended.
         *
         *     Scope: `infer`.
         */
        post: operations["createBatch"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/batches/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get a batch
         * @description Scope: `infer` or `read`.
         */
        get: operations["getBatch"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/batches/{id}/cancel": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Cancel a batch
         * @description Lines that are done stay done. A batch that has run, or ended, stays as it is.
         *
         *     Scope: `infer`.
         */
        post: operations["cancelBatch"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/batches/{id}/events": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Follow a batch by server-sent events
         * @description Events are `status`, `progress` and, last, `done`.
         *
         *     Scope: `infer` or `read`.
         */
        get: operations["streamBatchEvents"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/deliveries": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List deliveries, newest first, with their attempts
         * @description Scope: `read`.
         */
        get: operations["listDeliveries"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/deliveries/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get a delivery with its attempts
         * @description Scope: `read`.
         */
        get: operations["getDelivery"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/deliveries/{id}/retry": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Send it again, now
         * @description With the same `webhook-id` and body, and the whole schedule before it.
         *
         *     Scope: `manage`.
         */
        post: operations["retryDelivery"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/evaluations": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List evaluations, newest first
         * @description Scope: `read`.
         */
        get: operations["listEvaluations"];
        put?: never;
        /**
         * Measure a version on a data set
         * @description Each example is answered by the version, and by a baseline where one is named. Metrics are made of all answers when they are there.
         *
         *     Scope: `manage`.
         */
        post: operations["createEvaluation"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/evaluations/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get an evaluation
         * @description Scope: `read`.
         */
        get: operations["getEvaluation"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/evaluations/{id}/cancel": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Cancel an evaluation
         * @description One that has ended stays as it is.
         *
         *     Scope: `manage`.
         */
        post: operations["cancelEvaluation"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/evaluations/{id}/events": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Follow an evaluation by server-sent events
         * @description Events are `status`, `progress` and, last, `done`.
         *
         *     Scope: `read`.
         */
        get: operations["streamEvaluationEvents"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/evaluations/{id}/items": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List examples and what was answered, in the order of the data set
         * @description Scope: `read`.
         */
        get: operations["listEvaluationItems"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/files": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List files, newest first
         * @description Scope: `infer` or `read`.
         */
        get: operations["listFiles"];
        put?: never;
        /**
         * Upload a file
         * @description It is counted and hashed while it comes; after any error nothing of it is kept.
         *
         *     Scope: `infer` or `manage`.
         */
        post: operations["createFile"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/files/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get a file’s description
         * @description Scope: `infer` or `read`.
         */
        get: operations["getFile"];
        put?: never;
        post?: never;
        /**
         * Delete a file
         * @description Scope: `infer` or `manage`.
         */
        delete: operations["deleteFile"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/files/{id}/content": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get a file’s bytes
         * @description One range of bytes, or all of them. A range that the file does not have, and several ranges, are answered with all bytes, as RFC 9110 allows.
         *
         *     Scope: `infer` or `read`.
         */
        get: operations["downloadFile"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/jobs": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List jobs, newest first
         * @description Scope: `infer` or `read`.
         */
        get: operations["listJobs"];
        put?: never;
        /**
         * Submit a job
         * @description Accepted means committed: the job outlives any process, and ends once.
         *
         *     Scope: `infer`.
         */
        post: operations["createJob"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/jobs/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get a job
         * @description Scope: `infer` or `read`.
         */
        get: operations["getJob"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/jobs/{id}/cancel": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Cancel a job
         * @description A job that has ended stays as it is.
         *
         *     Scope: `infer`.
         */
        post: operations["cancelJob"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/jobs/{id}/events": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Follow a job by server-sent events
         * @description Events are `status`, `progress`, `result` and, last, `done`. See docs/http-api.md.
         *
         *     Scope: `infer` or `read`.
         */
        get: operations["streamJobEvents"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/jobs/{id}/purge": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Erase inputs and results of a job that has ended
         * @description Scope: `infer`.
         */
        post: operations["purgeJob"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/keys": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List the keys of the tenant, newest first
         * @description Scope: `manage`.
         */
        get: operations["listKeys"];
        put?: never;
        /**
         * Make a key of the tenant
         * @description Its secret is in this answer and nowhere else. A key grants no scope that it lacks itself.
         *
         *     Scope: `manage`.
         */
        post: operations["createKey"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/keys/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * Take a key out of service
         * @description It stops working within a second.
         *
         *     Scope: `manage`.
         */
        delete: operations["deleteKey"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/limits": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What the caller may ask for */
        get: operations["getLimits"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/me": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Who the caller is */
        get: operations["getMe"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/models": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List the models that the tenant sees, newest first
         * @description Scope: `infer` or `read`.
         */
        get: operations["listModels"];
        put?: never;
        /**
         * Make a model, whose versions are imported afterwards
         * @description Scope: `manage`.
         */
        post: operations["createModel"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/models/{model}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get a model
         * @description Scope: `infer` or `read`.
         */
        get: operations["getModel"];
        put?: never;
        post?: never;
        /**
         * Delete a model and its versions
         * @description Scope: `manage`.
         */
        delete: operations["deleteModel"];
        options?: never;
        head?: never;
        /**
         * Change a model
         * @description Scope: `manage`.
         */
        patch: operations["updateModel"];
        trace?: never;
    };
    "/v1/models/{model}/aliases": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List the aliases of a model
         * @description Scope: `infer` or `read`.
         */
        get: operations["listAliases"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/models/{model}/aliases/{alias}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get an alias with its history
         * @description Scope: `infer` or `read`.
         */
        get: operations["getAlias"];
        /**
         * Point an alias to a version
         * @description Jobs accepted after the answer use that version, and the canary’s share of them the canary. What is left out is taken away.
         *
         *     Scope: `manage`.
         */
        put: operations["setAlias"];
        post?: never;
        /**
         * Delete an alias
         * @description Scope: `manage`.
         */
        delete: operations["deleteAlias"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/models/{model}/versions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List the versions of a model, newest first
         * @description Scope: `infer` or `read`.
         */
        get: operations["listVersions"];
        put?: never;
        /**
         * Import a version from uploaded files
         * @description A worker compiles it and checks it against the source weights; `status` says how far it is.
         *
         *     Scope: `manage`.
         */
        post: operations["importVersion"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/models/{model}/versions/{version}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get a version
         * @description Scope: `infer` or `read`.
         */
        get: operations["getVersion"];
        put?: never;
        post?: never;
        /**
         * Delete a version; an unfinished import is canceled by this
         * @description Scope: `manage`.
         */
        delete: operations["deleteVersion"];
        options?: never;
        head?: never;
        /**
         * Note, keep warm, limit or archive a version
         * @description Scope: `manage`.
         */
        patch: operations["updateVersion"];
        trace?: never;
    };
    "/v1/pools": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List the pools of workers, by name
         * @description Scope: `operate`.
         */
        get: operations["listPools"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/pools/{name}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read how many workers a pool has, and how many it should have
         * @description For autoscalers: `desired_workers` is the number of workers to have.
         *
         *     Scope: `operate`.
         */
        get: operations["getPool"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/queues": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List what waits for each version, newest version first
         * @description A tenant sees the queues of its own models, an operator all.
         *
         *     Scope: `read` or `operate`.
         */
        get: operations["listQueues"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/queues/{version}/pause": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Start no more jobs of a version
         * @description Jobs are accepted and wait; running ones go on; deadlines keep counting.
         *
         *     Scope: `operate`.
         */
        post: operations["pauseQueue"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/queues/{version}/resume": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Start jobs of a version again
         * @description Scope: `operate`.
         */
        post: operations["resumeQueue"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/session": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Who is signed in
         * @description Of a request with a key there is none.
         */
        get: operations["getSession"];
        put?: never;
        /**
         * Sign in with a key, as the dashboard does
         * @description The answer sets a cookie that opens the routes below `/v1` as the key does. No key is asked for but that of the body.
         */
        post: operations["signIn"];
        /**
         * Sign out
         * @description The session has ended when this is answered, whoever has its cookie.
         */
        delete: operations["signOut"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/stats": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What was done and what waited, from a quarter of an hour to a month
         * @description Counted a quarter of a minute after each minute.
         *
         *     Scope: `read` or `operate`.
         */
        get: operations["getStats"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/tenants": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List all tenants, newest first
         * @description Scope: `operate`.
         */
        get: operations["listTenants"];
        put?: never;
        /**
         * Make a tenant and its first key
         * @description Scope: `operate`.
         */
        post: operations["createTenant"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/tenants/{slug}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        /**
         * Rename, limit or suspend a tenant
         * @description What is absent stays. The keys of a suspended tenant are refused within a second.
         *
         *     Scope: `operate`.
         */
        patch: operations["updateTenant"];
        trace?: never;
    };
    "/v1/tokenize": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Cut texts into the tokens of a model
         * @description Scope: `infer`.
         */
        post: operations["tokenize"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/webhooks": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List webhooks, newest first
         * @description Scope: `read`.
         */
        get: operations["listWebhooks"];
        put?: never;
        /**
         * Make a webhook
         * @description Its secret is in this answer and nowhere else. A tenant has 50 at most.
         *
         *     Scope: `manage`.
         */
        post: operations["createWebhook"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/webhooks/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get a webhook
         * @description Scope: `read`.
         */
        get: operations["getWebhook"];
        put?: never;
        post?: never;
        /**
         * Delete a webhook
         * @description Scope: `manage`.
         */
        delete: operations["deleteWebhook"];
        options?: never;
        head?: never;
        /**
         * Change a webhook, disable it or enable it again
         * @description What waits for one that is disabled is skipped, and so is what happens meanwhile; a replay sends it later.
         *
         *     Scope: `manage`.
         */
        patch: operations["changeWebhook"];
        trace?: never;
    };
    "/v1/webhooks/{id}/replay": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Send what was not delivered again
         * @description The oldest first, 10000 at most; `all` also what was delivered. The ids stay the same.
         *
         *     Scope: `manage`.
         */
        post: operations["replayWebhook"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/webhooks/{id}/rotate-secret": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Sign with another secret from now on
         * @description Scope: `manage`.
         */
        post: operations["rotateWebhookSecret"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/webhooks/{id}/test": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Send it `webhook.test`
         * @description Also where it is disabled.
         *
         *     Scope: `manage`.
         */
        post: operations["testWebhook"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/webhooks/default": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get the secret that jobs’ own webhooks are signed with
         * @description Scope: `manage`.
         */
        get: operations["getDefaultWebhookSecret"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/webhooks/default/rotate-secret": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Sign jobs’ own webhooks with another secret from now on
         * @description Scope: `manage`.
         */
        post: operations["rotateDefaultWebhookSecret"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/workers": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List the workers, newest first
         * @description Scope: `operate`.
         */
        get: operations["listWorkers"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/workers/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read one worker
         * @description Scope: `operate`.
         */
        get: operations["getWorker"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/workers/{id}/drain": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Have a worker end when it has done what it holds
         * @description It hears of it with its next heartbeat. A supervisor that restarts workers starts another one.
         *
         *     Scope: `operate`.
         */
        post: operations["drainWorker"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        Alias: {
            canary: {
                percent: number;
                rollback: {
                    /** @description Share of the decisions that differ from those of the alias’s version; the canary must be its shadow as well. */
                    max_disagreement?: number;
                    /** @description Share of its jobs that fail. */
                    max_error_rate?: number;
                    /**
                     * @description Before so many nothing is concluded.
                     * @default 100
                     */
                    min_jobs: number;
                } | null;
                /**
                 * Format: date-time
                 * @description When that version became the canary.
                 */
                since: string;
                version: string;
                version_number: number;
            } | null;
            /** @description Newest first: the last 50 changes, and the last 50 refused tries. Not in lists. */
            history?: components["schemas"]["AliasChange"][];
            model: string;
            name: string;
            /** @constant */
            object: "alias";
            shadow: {
                /** @description By task. Not in lists. */
                comparisons?: components["schemas"]["ShadowComparison"][];
                version: string;
                version_number: number;
            } | null;
            /** Format: date-time */
            updated_at: string;
            version: string;
            version_number: number;
        };
        AliasChange: {
            /** @description `key` is null for what no key did, and for another tenant’s. */
            actor: {
                key: string | null;
                name: string;
            };
            /** Format: date-time */
            at: string;
            evaluation: string | null;
            forced: boolean;
            /** @description Null where the alias was made. */
            from: components["schemas"]["AliasTarget"] | null;
            /** @description Null for a change that was made. Otherwise the code of the answer: nothing changed. */
            refused: ("malformed-request" | "malformed-json" | "malformed-multipart" | "invalid-query" | "invalid-cursor" | "invalid-idempotency-key" | "unauthorized" | "forbidden" | "not-found" | "method-not-allowed" | "not-acceptable" | "request-timeout" | "no-default-version" | "version-not-ready" | "version-archived" | "already-exists" | "in-use" | "webhook-disabled" | "promotion-blocked" | "not-terminal" | "idempotency-in-progress" | "precondition-failed" | "payload-too-large" | "unsupported-media-type" | "validation" | "invalid-input" | "invalid-text" | "text-too-long" | "too-many-inputs" | "output-too-large" | "task-not-supported" | "idempotency-key-reused" | "webhook-url-invalid" | "rate-limited" | "quota-exceeded" | "headers-too-large" | "internal" | "overloaded" | "call-timeout" | "storage-full" | "wrong-schema" | "redis-evicts-keys" | "artifacts-unavailable" | "provider-unavailable" | "not-a-checkpoint" | "invalid-config" | "unsupported-architecture" | "invalid-weights" | "unsupported-weights" | "unsafe-pickle" | "unsafe-path" | "unsafe-archive" | "archive-limits" | "missing-tensors" | "model-nonfinite" | "unsupported-tokenizer" | "import-limits" | "quality-loss" | "artifact-corrupt" | "input-too-long" | "no-mask-token" | "tokenizer-error" | "non-finite-output" | "empty-file" | "not-utf8" | "too-many-lines" | "duplicate-custom-id" | "invalid-url" | "line-too-long" | "canceled" | "batch-expired" | "all-items-failed" | "attempts-exhausted" | "worker-crashed" | "inference-timeout" | "model-unavailable" | "deadline-exceeded") | null;
            /** @description Null where it was deleted, and where what was wanted is no version of the model. */
            to: components["schemas"]["AliasTarget"] | null;
        };
        AliasPage: {
            data: components["schemas"]["Alias"][];
            /** @description `cursor` of the next page; null on the last one. */
            next_cursor: string | null;
        };
        AliasTarget: {
            canary: {
                percent: number;
                rollback: {
                    /** @description Share of the decisions that differ from those of the alias’s version; the canary must be its shadow as well. */
                    max_disagreement?: number;
                    /** @description Share of its jobs that fail. */
                    max_error_rate?: number;
                    /**
                     * @description Before so many nothing is concluded.
                     * @default 100
                     */
                    min_jobs: number;
                } | null;
                version: string;
            } | null;
            shadow: string | null;
            version: string;
        };
        ApiKey: {
            /** Format: date-time */
            created_at: string;
            expires_at: string | null;
            id: string;
            /** @description To the minute. */
            last_used_at: string | null;
            name: string;
            /** @constant */
            object: "key";
            /** @description The first characters of its secret. */
            prefix: string;
            /** @description What holds for it; null is no limit. */
            rate_limit_per_min: number | null;
            scopes: ("infer" | "read" | "manage" | "operate")[];
            /** @description In the answer that made the key and nowhere else. */
            secret?: string;
        };
        ApiKeyPage: {
            data: components["schemas"]["ApiKey"][];
            /** @description `cursor` of the next page; null on the last one. */
            next_cursor: string | null;
        };
        AttentionOutput: {
            /** @description Null for a term that the model’s scores do not have. */
            parts: {
                [key: string]: (number[][][][] | string) | null;
            };
            /** @description Layers, heads, tokens, tokens. */
            shape: [
                number,
                number,
                number,
                number
            ];
            tokens: {
                end: number | null;
                start: number | null;
                /** @constant */
                text_pair?: true;
                token: string;
            }[];
        };
        AttentionParameters: {
            /**
             * @default float
             * @enum {string}
             */
            encoding?: "float" | "base64";
            heads?: number[];
            layers?: number[];
            /**
             * @default codepoint
             * @enum {string}
             */
            offsets?: "codepoint" | "utf16" | "byte";
            /**
             * @default [
             *       "total"
             *     ]
             */
            parts?: ("total" | "c2c" | "c2p" | "p2c" | "probs")[];
            /** @default false */
            truncate?: boolean;
            /**
             * @default right
             * @enum {string}
             */
            truncation_side?: "right" | "left";
        };
        AttentionSubmission: {
            /** @default 600 */
            deadline_s?: number;
            inputs: components["schemas"]["TextItem"][];
            /** @default {} */
            metadata?: {
                [key: string]: string;
            };
            model: string;
            parameters?: components["schemas"]["AttentionParameters"];
            /**
             * @default normal
             * @enum {string}
             */
            priority?: "high" | "normal" | "low";
            /** @default 604800 */
            result_ttl_s?: number;
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            task: "attention";
            webhook?: {
                /**
                 * @default [
                 *       "job.succeeded",
                 *       "job.failed",
                 *       "job.canceled",
                 *       "job.expired"
                 *     ]
                 */
                events?: ("*" | "job.*" | "job.started" | "job.succeeded" | "job.failed" | "job.canceled" | "job.expired")[];
                url: string;
            };
        };
        AuditEntry: {
            /** @enum {string} */
            action: "key.create" | "key.delete" | "session.create" | "session.delete" | "tenant.create" | "tenant.update" | "model.create" | "model.update" | "model.delete" | "version.import" | "version.update" | "version.delete" | "alias.set" | "alias.delete" | "webhook.create" | "webhook.update" | "webhook.delete" | "webhook.rotate-secret" | "webhook.replay" | "worker.drain" | "queue.pause" | "queue.resume";
            /** @description `key` is null for what no key did, and for an operator’s that another tenant must not see. */
            actor: {
                key: string | null;
                name: string;
            };
            after: {
                [key: string]: unknown;
            } | null;
            /** Format: date-time */
            at: string;
            before: {
                [key: string]: unknown;
            } | null;
            id: string;
            /** @description `key_…`, `mdl_…`, `ver_…`, `model@alias`, `wrk_…`, `whe_…`, `default` (the secret of per-job URLs), or the slug of a tenant. */
            object: string;
            /** @description Null for what was not asked over HTTP. */
            request_id: string | null;
            /** @description Whose object it is; of a worker, which is nobody’s, the operator’s. */
            tenant: string;
        };
        AuditPage: {
            data: components["schemas"]["AuditEntry"][];
            /** @description `cursor` of the next page; null on the last one. */
            next_cursor: string | null;
        };
        Batch: {
            alias: string | null;
            completed_at: string | null;
            /** @description All 0 in a batch that failed, which has no answers. */
            counts: {
                canceled: number;
                expired: number;
                failed: number;
                succeeded: number;
                total: number;
            };
            /** Format: date-time */
            created_at: string;
            /** Format: date-time */
            deadline: string;
            error_count: number;
            /** @description All other lines, likewise. */
            error_file: string | null;
            /** @description The first of them. */
            errors: components["schemas"]["BatchError"][];
            file: string;
            id: string;
            /** @enum {string} */
            invalid_lines: "reject" | "skip";
            metadata: {
                [key: string]: string;
            };
            /** @description Null, as are version and task, where no line of a file of OpenAI’s form names one: such a batch has failed. */
            model: string | null;
            /** @constant */
            object: "batch";
            /** @description Lines that succeeded; null until the end, and where there is none. */
            output_file: string | null;
            parameters: {
                [key: string]: unknown;
            };
            /** @enum {string} */
            priority: "high" | "normal" | "low";
            /** @description Grows with every change. */
            sequence: number;
            started_at: string | null;
            /** @enum {string} */
            status: "validating" | "running" | "finalizing" | "canceling" | "succeeded" | "failed" | "canceled" | "expired";
            task: ("text-classification" | "zero-shot-classification" | "token-classification" | "question-answering" | "multiple-choice" | "fill-mask" | "rerank" | "score" | "embed" | "attention" | "replaced-token-detection") | null;
            urls: {
                cancel: string;
                events: string;
                self: string;
            };
            usage: {
                tokens: number;
            };
            version: string | null;
            version_number: number | null;
            webhook: {
                events: string[];
                url: string;
            } | null;
        };
        BatchError: {
            /** @enum {string} */
            code: "malformed-request" | "malformed-json" | "malformed-multipart" | "invalid-query" | "invalid-cursor" | "invalid-idempotency-key" | "unauthorized" | "forbidden" | "not-found" | "method-not-allowed" | "not-acceptable" | "request-timeout" | "no-default-version" | "version-not-ready" | "version-archived" | "already-exists" | "in-use" | "webhook-disabled" | "promotion-blocked" | "not-terminal" | "idempotency-in-progress" | "precondition-failed" | "payload-too-large" | "unsupported-media-type" | "validation" | "invalid-input" | "invalid-text" | "text-too-long" | "too-many-inputs" | "output-too-large" | "task-not-supported" | "idempotency-key-reused" | "webhook-url-invalid" | "rate-limited" | "quota-exceeded" | "headers-too-large" | "internal" | "overloaded" | "call-timeout" | "storage-full" | "wrong-schema" | "redis-evicts-keys" | "artifacts-unavailable" | "provider-unavailable" | "not-a-checkpoint" | "invalid-config" | "unsupported-architecture" | "invalid-weights" | "unsupported-weights" | "unsafe-pickle" | "unsafe-path" | "unsafe-archive" | "archive-limits" | "missing-tensors" | "model-nonfinite" | "unsupported-tokenizer" | "import-limits" | "quality-loss" | "artifact-corrupt" | "input-too-long" | "no-mask-token" | "tokenizer-error" | "non-finite-output" | "empty-file" | "not-utf8" | "too-many-lines" | "duplicate-custom-id" | "invalid-url" | "line-too-long" | "canceled" | "batch-expired" | "all-items-failed" | "attempts-exhausted" | "worker-crashed" | "inference-timeout" | "model-unavailable" | "deadline-exceeded";
            custom_id: string | null;
            line: number | null;
            message: string;
        };
        BatchPage: {
            data: components["schemas"]["Batch"][];
            /** @description `cursor` of the next page; null on the last one. */
            next_cursor: string | null;
        };
        ChoiceItem: {
            choices: string[];
            id?: string;
            prompt: string;
        };
        ClassifiedItem: string | {
            id?: string;
            text: string;
            text_pair?: string;
        } | {
            id?: string;
            /** @description [CLS] and [SEP] are put around them where they are absent. */
            token_ids: number[];
        };
        Delivery: {
            /** @description Attempts that were begun. */
            attempt_count: number;
            attempts: {
                /** Format: date-time */
                at: string;
                duration_ms: number;
                error: ("timeout" | "connect-failed" | "dns-failed" | "tls-error" | "blocked-address" | "redirect" | "response-too-large" | "http-status") | null;
                /** @description One may be missing: its process was killed before it was written down. */
                number: number;
                response_excerpt: string | null;
                status_code: number | null;
            }[];
            /** Format: date-time */
            created_at: string;
            delivered_at: string | null;
            event: string;
            /** @enum {string} */
            event_type: "job.started" | "job.succeeded" | "job.failed" | "job.canceled" | "job.expired" | "batch.started" | "batch.succeeded" | "batch.failed" | "batch.canceled" | "batch.expired" | "version.ready" | "version.failed" | "alias.changed" | "evaluation.succeeded" | "evaluation.failed" | "webhook.disabled" | "webhook.test" | "prediction.start" | "prediction.output" | "prediction.completed";
            id: string;
            next_attempt_at: string | null;
            /** @constant */
            object: "delivery";
            /** @enum {string} */
            status: "pending" | "delivering" | "delivered" | "exhausted" | "skipped";
            url: string;
            /** @description Null for the URL of a job. */
            webhook: string | null;
        };
        DeliveryPage: {
            data: components["schemas"]["Delivery"][];
            /** @description `cursor` of the next page; null on the last one. */
            next_cursor: string | null;
        };
        EmbedItem: string | {
            id?: string;
            text: string;
        } | {
            id?: string;
            /** @description [CLS] and [SEP] are put around them where they are absent. */
            token_ids: number[];
        };
        EmbedOutput: {
            embedding: number[] | string;
        } | {
            embeddings: (number[] | string)[];
            tokens: components["schemas"]["PlacedToken"][];
        };
        EmbedParameters: {
            /** @description Only the first numbers of the vector are kept, then it is normalised. */
            dimensions?: number;
            /**
             * @default float
             * @enum {string}
             */
            encoding?: "float" | "base64";
            /**
             * @default text
             * @enum {string}
             */
            level?: "text" | "token";
            /** @default true */
            normalize?: boolean;
            /**
             * @default codepoint
             * @enum {string}
             */
            offsets?: "codepoint" | "utf16" | "byte";
            /**
             * @description The version’s own when absent.
             * @enum {string}
             */
            pooling?: "mean" | "cls";
            /** @default false */
            truncate?: boolean;
            /**
             * @default right
             * @enum {string}
             */
            truncation_side?: "right" | "left";
        };
        EmbedSubmission: {
            /** @default 600 */
            deadline_s?: number;
            inputs: components["schemas"]["EmbedItem"][];
            /** @default {} */
            metadata?: {
                [key: string]: string;
            };
            model: string;
            parameters?: components["schemas"]["EmbedParameters"];
            /**
             * @default normal
             * @enum {string}
             */
            priority?: "high" | "normal" | "low";
            /** @default 604800 */
            result_ttl_s?: number;
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            task: "embed";
            webhook?: {
                /**
                 * @default [
                 *       "job.succeeded",
                 *       "job.failed",
                 *       "job.canceled",
                 *       "job.expired"
                 *     ]
                 */
                events?: ("*" | "job.*" | "job.started" | "job.succeeded" | "job.failed" | "job.canceled" | "job.expired")[];
                url: string;
            };
        };
        Entity: {
            end: number;
            entity?: string;
            entity_group?: string;
            index?: number;
            score: number;
            start: number;
            word: string;
        };
        Evaluation: {
            alias: string | null;
            baseline: {
                model: string;
                version: string;
                version_number: number;
            } | null;
            completed_at: string | null;
            /** @description Answers: one of the version to each example, and with a baseline another. 0 until the data set was read. */
            counts: {
                failed: number;
                succeeded: number;
                total: number;
            };
            /** Format: date-time */
            created_at: string;
            dataset: string;
            dataset_sha256: string;
            /** Format: date-time */
            deadline: string;
            error_count: number;
            /** @description The first of them. */
            errors: {
                /** @enum {string} */
                code: "malformed-request" | "malformed-json" | "malformed-multipart" | "invalid-query" | "invalid-cursor" | "invalid-idempotency-key" | "unauthorized" | "forbidden" | "not-found" | "method-not-allowed" | "not-acceptable" | "request-timeout" | "no-default-version" | "version-not-ready" | "version-archived" | "already-exists" | "in-use" | "webhook-disabled" | "promotion-blocked" | "not-terminal" | "idempotency-in-progress" | "precondition-failed" | "payload-too-large" | "unsupported-media-type" | "validation" | "invalid-input" | "invalid-text" | "text-too-long" | "too-many-inputs" | "output-too-large" | "task-not-supported" | "idempotency-key-reused" | "webhook-url-invalid" | "rate-limited" | "quota-exceeded" | "headers-too-large" | "internal" | "overloaded" | "call-timeout" | "storage-full" | "wrong-schema" | "redis-evicts-keys" | "artifacts-unavailable" | "provider-unavailable" | "not-a-checkpoint" | "invalid-config" | "unsupported-architecture" | "invalid-weights" | "unsupported-weights" | "unsafe-pickle" | "unsafe-path" | "unsafe-archive" | "archive-limits" | "missing-tensors" | "model-nonfinite" | "unsupported-tokenizer" | "import-limits" | "quality-loss" | "artifact-corrupt" | "input-too-long" | "no-mask-token" | "tokenizer-error" | "non-finite-output" | "empty-file" | "not-utf8" | "too-many-lines" | "duplicate-custom-id" | "invalid-url" | "line-too-long" | "canceled" | "batch-expired" | "all-items-failed" | "attempts-exhausted" | "worker-crashed" | "inference-timeout" | "model-unavailable" | "deadline-exceeded";
                line: number | null;
                message: string;
            }[];
            /** @description Null until it is known. */
            format: string | null;
            gates: components["schemas"]["Gate"][];
            id: string;
            /** @enum {string} */
            invalid_lines: "reject" | "skip";
            metadata: {
                [key: string]: string;
            };
            /** @description What is measured. */
            metrics: string[];
            model: string;
            /** @constant */
            object: "evaluation";
            parameters: {
                [key: string]: unknown;
            };
            /** @enum {string} */
            priority: "high" | "normal" | "low";
            resamples: number;
            /** @description Null unless it has succeeded. */
            result: components["schemas"]["EvaluationResult"] | null;
            seed: number;
            /** @description Grows with every change. */
            sequence: number;
            started_at: string | null;
            /** @enum {string} */
            status: "queued" | "running" | "succeeded" | "failed" | "canceled" | "expired";
            /** @enum {string} */
            task: "text-classification" | "zero-shot-classification" | "token-classification" | "question-answering" | "multiple-choice" | "fill-mask" | "rerank" | "score" | "embed" | "attention" | "replaced-token-detection";
            urls: {
                cancel: string;
                events: string;
                items: string;
                self: string;
            };
            version: string;
            version_number: number;
        };
        EvaluationItem: {
            /** @description What the baseline answered; null without one. */
            baseline: {
                error: components["schemas"]["ItemError"] | null;
                predicted: unknown;
            } | null;
            /** @description Null where the task does not say, or there is no answer. */
            correct: boolean | null;
            error: components["schemas"]["ItemError"] | null;
            expected: unknown;
            group: string | null;
            /** @description Place in the data set. */
            index: number;
            line: number;
            loss: number | null;
            /** @description Output of the task; null where there is none. */
            predicted: unknown;
            slice: {
                [key: string]: string;
            } | null;
        };
        EvaluationItemPage: {
            data: components["schemas"]["EvaluationItem"][];
            /** @description `cursor` of the next page; null on the last one. */
            next_cursor: string | null;
        };
        EvaluationPage: {
            data: components["schemas"]["Evaluation"][];
            /** @description `cursor` of the next page; null on the last one. */
            next_cursor: string | null;
        };
        EvaluationResult: {
            baseline: string | null;
            baseline_metrics: {
                [key: string]: number | null;
            } | null;
            baseline_speed: components["schemas"]["EvaluationSpeed"] | null;
            baseline_undefined_metrics: {
                [key: string]: string;
            } | null;
            bootstrap: {
                resamples: number;
                seed: number;
            };
            /** @description Examples that both answered; the difference is of them. */
            compared_items: number | null;
            /** @description 95 % bootstrap intervals. */
            confidence: {
                [key: string]: [
                    number,
                    number
                ];
            };
            /** @description `counts[i][j]`: examples of label i that were predicted as label j; the null label is all others. */
            confusion: {
                counts: number[][];
                labels: (string | null)[];
            } | null;
            /** @description `items` of all, those in `invalid` among them. */
            coverage: number;
            dataset_sha256: string;
            /** @description The version’s value less the baseline’s. */
            difference: {
                [key: string]: number | null;
            } | null;
            difference_confidence: {
                [key: string]: [
                    number,
                    number
                ];
            } | null;
            /** @description Examples that it did not. */
            failed: number;
            gates: components["schemas"]["GateResult"][];
            /** @description Examples that do not fit the task. */
            invalid: number;
            /** @description Examples that the version answered; its metrics are of them. */
            items: number;
            metrics: {
                [key: string]: number | null;
            };
            /** @description Below it no gate is passed. */
            min_coverage: number;
            /** @description Fields with too many values. */
            omitted_slices: string[];
            /** @description All gates were; true without gates. */
            passed: boolean;
            per_label: {
                /** @description Null where the data do not define it. */
                f1: number | null;
                label: string;
                /** @description Null where the data do not define it. */
                precision: number | null;
                /** @description Null where the data do not define it. */
                recall: number | null;
                support: number;
            }[] | null;
            reliability: {
                /** @description Null where the data do not define it. */
                accuracy: number | null;
                /** @description Null where the data do not define it. */
                confidence: number | null;
                count: number;
                from: number;
                to: number;
            }[] | null;
            /** @description Examples that the data set itself says to leave out. */
            skipped: number;
            slices: {
                [key: string]: {
                    [key: string]: {
                        baseline_metrics?: {
                            [key: string]: number | null;
                        };
                        /** @description Examples that both answered, where there is a baseline. */
                        compared_items?: number;
                        /** @description Examples without an answer. */
                        failed: number;
                        items: number;
                        metrics: {
                            [key: string]: number | null;
                        };
                    };
                };
            };
            speed: components["schemas"]["EvaluationSpeed"];
            thresholds: {
                [key: string]: number;
            } | null;
            /** @description Why metrics are null. */
            undefined_metrics: {
                [key: string]: string;
            };
            version: string;
            worst: {
                index: number;
                loss: number;
            }[];
        };
        EvaluationSpeed: {
            /** @description Of all forward passes together, whichever worker ran them. */
            inference_ms: number;
            /** @description Of the tokens that were computed, those that were padding. */
            padded_share: number | null;
            /** @description From the first answer that was asked for to the last that came. */
            seconds: number;
            tokens: number;
            tokens_per_s: number | null;
        };
        ExecutionPlan: {
            /** @description Inference processes side by side, of the better layout. */
            children: number;
            /** @description Tokens of a forward pass, for sequences of up to `length` tokens; in the order of lengths. */
            classes: {
                length: number;
                tokens: number;
            }[];
            /** @description Empty where there is no choice (a GPU, one core, settings), no memory to try, or no core free to compare fairly. */
            layouts: {
                children: number;
                /** @description Of each child. */
                threads: number;
                tokens_per_s: number;
            }[];
            /** @enum {string} */
            lowering: "skew" | "gather";
            /** @description What it holds for: processor, cores and their quota, provider, runtime and compiler. */
            machine: string;
            measured: {
                /** @description Tokens of each sequence. */
                length: number;
                /** @enum {string} */
                lowering: "skew" | "gather";
                sequences: number;
                /** @description Computed tokens a second of one inference process of the plan’s layout, with a core for each thread, messages included; 0 where a pass failed. */
                tokens_per_s: number;
            }[];
            /** Format: date-time */
            measured_at: string;
            /** @description Of each of them. */
            threads: number;
        };
        /** @description One wrong place in a request: an RFC 6901 pointer into the body, or `?name` of a query parameter. */
        FieldError: {
            code: string;
            message: string;
            pointer: string;
        };
        File: {
            bytes: number;
            /** Format: date-time */
            created_at: string;
            expires_at: string | null;
            filename: string;
            id: string;
            /** @constant */
            object: "file";
            /** @enum {string} */
            purpose: "model" | "batch" | "dataset" | "batch_output" | "batch_error" | "other";
            sha256: string;
        };
        FilePage: {
            data: components["schemas"]["File"][];
            /** @description `cursor` of the next page; null on the last one. */
            next_cursor: string | null;
        };
        FillMaskOutput: {
            masks: {
                score: number;
                sequence: string;
                token: string;
                token_id: number;
                warning?: string;
            }[][];
        } | {
            log_prob: number;
            tokens: {
                end: number;
                /** @description Natural logarithm of the token’s probability after what is before it. */
                log_prob: number;
                start: number;
                token: string;
            }[];
        };
        FillMaskParameters: {
            /**
             * @description Every position sees what is before it only; a text without [MASK] is scored token by token.
             * @default false
             */
            causal?: boolean;
            /**
             * @default codepoint
             * @enum {string}
             */
            offsets?: "codepoint" | "utf16" | "byte";
            /**
             * @description Only these fillings are looked at; probabilities stay those over the whole vocabulary.
             * @default []
             */
            targets?: string[];
            /** @default 5 */
            top_k?: number;
            /** @default false */
            truncate?: boolean;
            /**
             * @default right
             * @enum {string}
             */
            truncation_side?: "right" | "left";
        };
        FillMaskSubmission: {
            /** @default 600 */
            deadline_s?: number;
            inputs: components["schemas"]["SingleTextItem"][];
            /** @default {} */
            metadata?: {
                [key: string]: string;
            };
            model: string;
            parameters?: components["schemas"]["FillMaskParameters"];
            /**
             * @default normal
             * @enum {string}
             */
            priority?: "high" | "normal" | "low";
            /** @default 604800 */
            result_ttl_s?: number;
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            task: "fill-mask";
            webhook?: {
                /**
                 * @default [
                 *       "job.succeeded",
                 *       "job.failed",
                 *       "job.canceled",
                 *       "job.expired"
                 *     ]
                 */
                events?: ("*" | "job.*" | "job.started" | "job.succeeded" | "job.failed" | "job.canceled" | "job.expired")[];
                url: string;
            };
        };
        Gate: {
            metric: string;
            /** @description The least value; of metrics of which more is better. */
            min: number;
            /** @description Examples that it is judged by; all of them when absent. */
            slice?: {
                field: string;
                value: string;
            };
        } | {
            /** @description The most; of metrics of which less is better. */
            max: number;
            metric: string;
            /** @description Examples that it is judged by; all of them when absent. */
            slice?: {
                field: string;
                value: string;
            };
        } | {
            /** @description How much worse than the evaluation’s baseline it may be, by the paired bootstrap. */
            max_drop: number;
            metric: string;
            /** @description Examples that it is judged by; all of them when absent. */
            slice?: {
                field: string;
                value: string;
            };
        };
        GateResult: {
            /** @description Null where no evaluation tells. */
            actual: number | null;
            baseline: number | null;
            /** @description Of max_drop: the 95 % interval of the value less the baseline’s. */
            difference: [
                number,
                number
            ] | null;
            metric: string;
            passed: boolean;
            /** @description Why it is not met. */
            reason?: string;
            /** @description The number of the rule. */
            required: number;
            /** @enum {string} */
            rule: "min" | "max" | "max_drop";
            slice?: {
                field: string;
                value: string;
            };
        };
        ImportError: {
            /** @enum {string} */
            code: "malformed-request" | "malformed-json" | "malformed-multipart" | "invalid-query" | "invalid-cursor" | "invalid-idempotency-key" | "unauthorized" | "forbidden" | "not-found" | "method-not-allowed" | "not-acceptable" | "request-timeout" | "no-default-version" | "version-not-ready" | "version-archived" | "already-exists" | "in-use" | "webhook-disabled" | "promotion-blocked" | "not-terminal" | "idempotency-in-progress" | "precondition-failed" | "payload-too-large" | "unsupported-media-type" | "validation" | "invalid-input" | "invalid-text" | "text-too-long" | "too-many-inputs" | "output-too-large" | "task-not-supported" | "idempotency-key-reused" | "webhook-url-invalid" | "rate-limited" | "quota-exceeded" | "headers-too-large" | "internal" | "overloaded" | "call-timeout" | "storage-full" | "wrong-schema" | "redis-evicts-keys" | "artifacts-unavailable" | "provider-unavailable" | "not-a-checkpoint" | "invalid-config" | "unsupported-architecture" | "invalid-weights" | "unsupported-weights" | "unsafe-pickle" | "unsafe-path" | "unsafe-archive" | "archive-limits" | "missing-tensors" | "model-nonfinite" | "unsupported-tokenizer" | "import-limits" | "quality-loss" | "artifact-corrupt" | "input-too-long" | "no-mask-token" | "tokenizer-error" | "non-finite-output" | "empty-file" | "not-utf8" | "too-many-lines" | "duplicate-custom-id" | "invalid-url" | "line-too-long" | "canceled" | "batch-expired" | "all-items-failed" | "attempts-exhausted" | "worker-crashed" | "inference-timeout" | "model-unavailable" | "deadline-exceeded";
            message: string;
        } & {
            [key: string]: unknown;
        };
        ImportReport: {
            /** @description A sequence alone against the same sequence beside a longer one. */
            batching: {
                max_abs_difference: number;
                /** @description Largest magnitude among the expected values. */
                max_abs_value: number;
                output: string;
                tolerance: number;
            }[];
            durations_ms: {
                converting: number;
                importing: number;
                verifying: number;
            };
            files_ignored: {
                bytes: number;
                name: string;
            }[];
            /** @description Files of the checkpoint that the version was made from; `files_ignored`: not looked at. */
            files_read: {
                bytes: number;
                name: string;
            }[];
            /** @description The same of those served in fp16. */
            fp16?: {
                /** @description As of the float32 graph, but of probabilities or scores. */
                batching: {
                    max_abs_difference: number;
                    /** @description Largest magnitude among the expected values. */
                    max_abs_value: number;
                    output: string;
                    tolerance: number;
                }[];
                /**
                 * @description Whose texts were compared: those of the import, or those that come with Heddle.
                 * @enum {string}
                 */
                calibration: "own" | "built-in";
                /** @description Of all inputs; heads that answer every token decide as often. */
                decisions: number;
                gate: {
                    max_mean_difference: number;
                    min_same_decisions: number;
                };
                max_difference: number;
                /** @description Over all decisions, 0 to 1 where it is one of probabilities. */
                mean_difference: number;
                /** @description Share of the decisions that are the same. */
                same_decisions: number;
                /** @description Inputs: a text, a pair of texts, or a prompt with its choices. */
                texts: number;
            };
            /** @description Of versions served in int8: how near the variant is to float32. */
            int8?: {
                /**
                 * @description How activations are scaled: by channel, as calibration saw them, or by row.
                 * @enum {string}
                 */
                activations: "by-channel" | "by-row";
                /** @description As of the float32 graph, but of probabilities or scores. */
                batching: {
                    max_abs_difference: number;
                    /** @description Largest magnitude among the expected values. */
                    max_abs_value: number;
                    output: string;
                    tolerance: number;
                }[];
                /**
                 * @description Whose texts were compared: those of the import, or those that come with Heddle.
                 * @enum {string}
                 */
                calibration: "own" | "built-in";
                /** @description Of all inputs; heads that answer every token decide as often. */
                decisions: number;
                gate: {
                    max_mean_difference: number;
                    min_same_decisions: number;
                };
                layers: {
                    /** @description ‖int8 − fp32‖ ÷ ‖fp32‖ of the states after this layer, with all errors of the layers before it. */
                    hidden_difference: number;
                    layer: number;
                    own_difference?: number;
                    /** @description Share of the same decisions with this layer alone as int8; only where it was needed. */
                    own_same_decisions?: number;
                    /** @enum {string} */
                    precision: "int8" | "fp32";
                }[];
                max_difference: number;
                /** @description Over all decisions, 0 to 1 where it is one of probabilities. */
                mean_difference: number;
                /** @description Share of the decisions that are the same. */
                same_decisions: number;
                /** @description Embeddings of words. Absent from reports of versions that were imported when it was always fp16. */
                table?: {
                    /** @description ‖variant − fp32‖ ÷ ‖fp32‖ of the states before the first layer. */
                    hidden_difference: number;
                    /** @enum {string} */
                    precision: "int8" | "fp16";
                };
                /** @description Inputs: a text, a pair of texts, or a prompt with its choices. */
                texts: number;
                /** @description What was measured before and refused, or left more in float32 than was needed. */
                tried: {
                    /**
                     * @description How activations are scaled: by channel, as calibration saw them, or by row.
                     * @enum {string}
                     */
                    activations: "by-channel" | "by-row";
                    /** @description The layers that stayed float32. */
                    fp32_layers: number[];
                    /** @description Over all decisions, 0 to 1 where it is one of probabilities. */
                    mean_difference: number;
                    /** @description Share of the decisions that are the same. */
                    same_decisions: number;
                    /**
                     * @description Of the embeddings of words; absent where it was always fp16, as in the report.
                     * @enum {string}
                     */
                    table?: "int8" | "fp16";
                }[];
            };
            /** @description The compiled graph against an independent computation from the source weights in float64. */
            parity: {
                outputs: {
                    max_abs_difference: number;
                    /** @description Largest magnitude among the expected values. */
                    max_abs_value: number;
                    output: string;
                    tolerance: number;
                }[];
                sequences: number;
                tokens: number;
            };
            sizes: {
                parameters: number;
                source_bytes: number;
                version_bytes: number;
            };
            /** @description Tensors of the checkpoint that the model does not use; at most 50 names. */
            tensors_ignored: {
                count: number;
                names: string[];
            };
            /** @description How the checkpoint makes a text’s vector, step by step, and whether that is the version’s default; absent when it does not say. */
            vectors?: {
                default: boolean;
                steps: string[];
            };
        };
        /** @description Members beside these say more, e.g. `max` and `actual` tokens. */
        ItemError: {
            /** @enum {string} */
            code: "malformed-request" | "malformed-json" | "malformed-multipart" | "invalid-query" | "invalid-cursor" | "invalid-idempotency-key" | "unauthorized" | "forbidden" | "not-found" | "method-not-allowed" | "not-acceptable" | "request-timeout" | "no-default-version" | "version-not-ready" | "version-archived" | "already-exists" | "in-use" | "webhook-disabled" | "promotion-blocked" | "not-terminal" | "idempotency-in-progress" | "precondition-failed" | "payload-too-large" | "unsupported-media-type" | "validation" | "invalid-input" | "invalid-text" | "text-too-long" | "too-many-inputs" | "output-too-large" | "task-not-supported" | "idempotency-key-reused" | "webhook-url-invalid" | "rate-limited" | "quota-exceeded" | "headers-too-large" | "internal" | "overloaded" | "call-timeout" | "storage-full" | "wrong-schema" | "redis-evicts-keys" | "artifacts-unavailable" | "provider-unavailable" | "not-a-checkpoint" | "invalid-config" | "unsupported-architecture" | "invalid-weights" | "unsupported-weights" | "unsafe-pickle" | "unsafe-path" | "unsafe-archive" | "archive-limits" | "missing-tensors" | "model-nonfinite" | "unsupported-tokenizer" | "import-limits" | "quality-loss" | "artifact-corrupt" | "input-too-long" | "no-mask-token" | "tokenizer-error" | "non-finite-output" | "empty-file" | "not-utf8" | "too-many-lines" | "duplicate-custom-id" | "invalid-url" | "line-too-long" | "canceled" | "batch-expired" | "all-items-failed" | "attempts-exhausted" | "worker-crashed" | "inference-timeout" | "model-unavailable" | "deadline-exceeded";
            message: string;
        } & {
            [key: string]: unknown;
        };
        ItemResult: {
            error?: components["schemas"]["ItemError"];
            id?: string;
            index: number;
            output?: components["schemas"]["TextClassificationOutput"] | components["schemas"]["ZeroShotOutput"] | components["schemas"]["TokenClassificationOutput"] | components["schemas"]["QuestionAnsweringOutput"] | components["schemas"]["MultipleChoiceOutput"] | components["schemas"]["FillMaskOutput"] | components["schemas"]["RerankOutput"] | components["schemas"]["ScoreOutput"] | components["schemas"]["EmbedOutput"] | components["schemas"]["AttentionOutput"] | components["schemas"]["ReplacedTokenOutput"];
        };
        Job: {
            alias: string | null;
            attempts: number;
            /** @description The batch whose lines it has. */
            batch: string | null;
            /** @description Always false: nothing is answered from a cache yet. */
            cached: boolean;
            /** @description Whether the version was on trial behind the alias when it was given the job. */
            canary: boolean;
            completed_at: string | null;
            counts: {
                failed: number;
                succeeded: number;
                total: number;
            };
            /** Format: date-time */
            created_at: string;
            data_removed: boolean;
            /** Format: date-time */
            deadline: string;
            error: components["schemas"]["JobError"] | null;
            evaluation: string | null;
            /** @description When inputs and results are removed. Null until the job has ended, and where they are kept. */
            expires_at: string | null;
            id: string;
            /** @description Absent where `include` leaves it out. */
            inputs?: unknown[] | null;
            metadata: {
                [key: string]: string;
            };
            model: string;
            /** @constant */
            object: "job";
            parameters: {
                [key: string]: unknown;
            };
            /** @enum {string} */
            priority: "high" | "normal" | "low";
            /** @description In the order of `inputs`; null until the job has ended. Absent where `include` leaves it out. */
            results?: components["schemas"]["ItemResult"][] | null;
            sequence: number;
            /** @enum {string} */
            source: "native" | "replicate" | "openai" | "cohere" | "tei" | "hf" | "oip" | "batch" | "evaluation";
            started_at: string | null;
            /** @enum {string} */
            status: "queued" | "running" | "succeeded" | "failed" | "canceled" | "expired";
            /** @enum {string} */
            task: "text-classification" | "zero-shot-classification" | "token-classification" | "question-answering" | "multiple-choice" | "fill-mask" | "rerank" | "score" | "embed" | "attention" | "replaced-token-detection";
            timing: {
                inference_ms: number;
                queue_ms: number;
                tokenize_ms: number;
                total_ms: number;
            } | null;
            trace_id: string | null;
            urls: {
                cancel: string;
                events: string;
                self: string;
            };
            usage: {
                padded_tokens: number;
                tokens: number;
                truncated: number;
            } | null;
            version: string;
            version_number: number;
            webhook: {
                events: string[];
                url: string;
            } | null;
        };
        JobError: {
            attempt: number;
            /** @enum {string} */
            code: "malformed-request" | "malformed-json" | "malformed-multipart" | "invalid-query" | "invalid-cursor" | "invalid-idempotency-key" | "unauthorized" | "forbidden" | "not-found" | "method-not-allowed" | "not-acceptable" | "request-timeout" | "no-default-version" | "version-not-ready" | "version-archived" | "already-exists" | "in-use" | "webhook-disabled" | "promotion-blocked" | "not-terminal" | "idempotency-in-progress" | "precondition-failed" | "payload-too-large" | "unsupported-media-type" | "validation" | "invalid-input" | "invalid-text" | "text-too-long" | "too-many-inputs" | "output-too-large" | "task-not-supported" | "idempotency-key-reused" | "webhook-url-invalid" | "rate-limited" | "quota-exceeded" | "headers-too-large" | "internal" | "overloaded" | "call-timeout" | "storage-full" | "wrong-schema" | "redis-evicts-keys" | "artifacts-unavailable" | "provider-unavailable" | "not-a-checkpoint" | "invalid-config" | "unsupported-architecture" | "invalid-weights" | "unsupported-weights" | "unsafe-pickle" | "unsafe-path" | "unsafe-archive" | "archive-limits" | "missing-tensors" | "model-nonfinite" | "unsupported-tokenizer" | "import-limits" | "quality-loss" | "artifact-corrupt" | "input-too-long" | "no-mask-token" | "tokenizer-error" | "non-finite-output" | "empty-file" | "not-utf8" | "too-many-lines" | "duplicate-custom-id" | "invalid-url" | "line-too-long" | "canceled" | "batch-expired" | "all-items-failed" | "attempts-exhausted" | "worker-crashed" | "inference-timeout" | "model-unavailable" | "deadline-exceeded";
            message: string;
            retryable: boolean;
        };
        JobPage: {
            data: components["schemas"]["Job"][];
            /** @description `cursor` of the next page; null on the last one. */
            next_cursor: string | null;
        };
        LabelScore: {
            label: string;
            score: number;
        };
        Limits: {
            max_batch_lines: number;
            max_body_bytes: number;
            max_deadline_s: number;
            max_evaluation_items: number;
            max_evaluation_metrics: number;
            max_evaluation_option_bytes: number;
            max_evaluation_output_bytes: number;
            max_file_bytes: number;
            max_inputs_per_job: number;
            max_job_chars: number;
            max_line_bytes: number;
            max_model_bytes: number;
            max_open_evaluations: number;
            max_page_bytes: number;
            max_queued_items_per_tenant: number;
            /** @description Resamples times examples, of `average_precision` times labels. */
            max_resampled_values: number;
            max_resamples: number;
            max_stored_bytes_per_tenant: number;
            max_stored_files_per_tenant: number;
            max_text_chars: number;
            max_wait_s: number;
            /** @description Null is no limit. */
            rate_limit_per_min: number | null;
        };
        Me: {
            key: {
                id: string;
                name: string;
                scopes: ("infer" | "read" | "manage" | "operate")[];
            };
            limits: components["schemas"]["Limits"];
            tenant: {
                name: string;
                slug: string;
            };
        };
        Model: {
            aliases: {
                [key: string]: string;
            };
            /** Format: date-time */
            created_at: string;
            description: string;
            /** @description Aliases that the gates hold for. */
            gated: string[];
            gates: components["schemas"]["Gate"][];
            id: string;
            latest_version: number | null;
            name: string;
            /** @constant */
            object: "model";
            /** @description Slug of its tenant; `library` for those of every tenant. */
            owner: string;
            tasks: ("text-classification" | "zero-shot-classification" | "token-classification" | "question-answering" | "multiple-choice" | "fill-mask" | "rerank" | "score" | "embed" | "attention" | "replaced-token-detection")[];
        };
        ModelPage: {
            data: components["schemas"]["Model"][];
            /** @description `cursor` of the next page; null on the last one. */
            next_cursor: string | null;
        };
        MultipleChoiceOutput: {
            best: number;
            choices: {
                index: number;
                score: number;
            }[];
        };
        MultipleChoiceParameters: {
            /** @default false */
            truncate?: boolean;
            /**
             * @default right
             * @enum {string}
             */
            truncation_side?: "right" | "left";
        };
        MultipleChoiceSubmission: {
            /** @default 600 */
            deadline_s?: number;
            inputs: components["schemas"]["ChoiceItem"][];
            /** @default {} */
            metadata?: {
                [key: string]: string;
            };
            model: string;
            parameters?: components["schemas"]["MultipleChoiceParameters"];
            /**
             * @default normal
             * @enum {string}
             */
            priority?: "high" | "normal" | "low";
            /** @default 604800 */
            result_ttl_s?: number;
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            task: "multiple-choice";
            webhook?: {
                /**
                 * @default [
                 *       "job.succeeded",
                 *       "job.failed",
                 *       "job.canceled",
                 *       "job.expired"
                 *     ]
                 */
                events?: ("*" | "job.*" | "job.started" | "job.succeeded" | "job.failed" | "job.canceled" | "job.expired")[];
                url: string;
            };
        };
        PlacedToken: {
            end: number | null;
            start: number | null;
            token: string;
        };
        Pool: {
            /** @description When a dispatcher decided so; null before the first time. */
            decided_at: string | null;
            /** @description How many workers there should be. */
            desired_workers: number;
            draining: number;
            /** @description Part of their time that the engines of its workers were busy with lately. */
            load: number;
            /** @description Names of the models that its workers serve; null when they serve all. */
            models: string[] | null;
            name: string;
            /** @constant */
            object: "pool";
            starting: number;
            /** @description The same for all workers that take jobs together; null while there is none. */
            wait_s: number | null;
            /** @description Seconds that one worker takes for what is queued or runs; 0 while no speed is known. */
            work_s: number;
            /** @description Those that take jobs. */
            workers: number;
        };
        PoolPage: {
            data: components["schemas"]["Pool"][];
            /** @description `cursor` of the next page; null on the last one. */
            next_cursor: string | null;
        };
        /** @description RFC 9457. Members beside these say more of some codes. */
        Problem: {
            /** @enum {string} */
            code: "malformed-request" | "malformed-json" | "malformed-multipart" | "invalid-query" | "invalid-cursor" | "invalid-idempotency-key" | "unauthorized" | "forbidden" | "not-found" | "method-not-allowed" | "not-acceptable" | "request-timeout" | "no-default-version" | "version-not-ready" | "version-archived" | "already-exists" | "in-use" | "webhook-disabled" | "promotion-blocked" | "not-terminal" | "idempotency-in-progress" | "precondition-failed" | "payload-too-large" | "unsupported-media-type" | "validation" | "invalid-input" | "invalid-text" | "text-too-long" | "too-many-inputs" | "output-too-large" | "task-not-supported" | "idempotency-key-reused" | "webhook-url-invalid" | "rate-limited" | "quota-exceeded" | "headers-too-large" | "internal" | "overloaded" | "call-timeout" | "storage-full" | "wrong-schema" | "redis-evicts-keys" | "artifacts-unavailable" | "provider-unavailable" | "not-a-checkpoint" | "invalid-config" | "unsupported-architecture" | "invalid-weights" | "unsupported-weights" | "unsafe-pickle" | "unsafe-path" | "unsafe-archive" | "archive-limits" | "missing-tensors" | "model-nonfinite" | "unsupported-tokenizer" | "import-limits" | "quality-loss" | "artifact-corrupt" | "input-too-long" | "no-mask-token" | "tokenizer-error" | "non-finite-output" | "empty-file" | "not-utf8" | "too-many-lines" | "duplicate-custom-id" | "invalid-url" | "line-too-long" | "canceled" | "batch-expired" | "all-items-failed" | "attempts-exhausted" | "worker-crashed" | "inference-timeout" | "model-unavailable" | "deadline-exceeded";
            detail: string;
            errors?: components["schemas"]["FieldError"][];
            /** @description Path of the request. */
            instance: string;
            request_id: string;
            /** @description Whether the same request may succeed later. */
            retryable: boolean;
            status: number;
            title: string;
            /** @description Address of a page that says what the code means. */
            type: string;
        } & {
            [key: string]: unknown;
        };
        QuestionAnsweringOutput: {
            answers: {
                answer: string;
                end: number;
                score: number;
                start: number;
            }[];
            /** @description [tokens][start, end], where `return_logits` asks for them. */
            logits?: number[][];
            /** @description The best answer is that there is none. */
            no_answer: boolean;
            /** @description pipeline: probability that there is no answer; squad: sum of the two logits that say so. */
            null_score: number;
            /** @description squad: `null_score` less the logits of the best answer, which is what the threshold is held against. */
            null_score_diff?: number;
        };
        QuestionAnsweringParameters: {
            /** @default true */
            align_to_words?: boolean;
            doc_stride?: number;
            /** @default false */
            handle_impossible_answer?: boolean;
            /** @default 15 */
            max_answer_len?: number;
            /** @default 384 */
            max_seq_len?: number;
            /**
             * @default pipeline
             * @enum {string}
             */
            method?: "pipeline" | "squad";
            /** @default 0 */
            null_score_diff_threshold?: number;
            /**
             * @default codepoint
             * @enum {string}
             */
            offsets?: "codepoint" | "utf16" | "byte";
            /**
             * @description Also the logits of every token, special ones included; of several windows one after the other.
             * @default false
             */
            return_logits?: boolean;
            /** @default 1 */
            top_k?: number;
            /** @default false */
            truncate?: boolean;
            /**
             * @default right
             * @enum {string}
             */
            truncation_side?: "right" | "left";
        };
        QuestionAnsweringSubmission: {
            /** @default 600 */
            deadline_s?: number;
            inputs: components["schemas"]["QuestionItem"][];
            /** @default {} */
            metadata?: {
                [key: string]: string;
            };
            model: string;
            parameters?: components["schemas"]["QuestionAnsweringParameters"];
            /**
             * @default normal
             * @enum {string}
             */
            priority?: "high" | "normal" | "low";
            /** @default 604800 */
            result_ttl_s?: number;
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            task: "question-answering";
            webhook?: {
                /**
                 * @default [
                 *       "job.succeeded",
                 *       "job.failed",
                 *       "job.canceled",
                 *       "job.expired"
                 *     ]
                 */
                events?: ("*" | "job.*" | "job.started" | "job.succeeded" | "job.failed" | "job.canceled" | "job.expired")[];
                url: string;
            };
        };
        QuestionItem: {
            context: string;
            id?: string;
            question: string;
        };
        Queue: {
            /** @description Workers that do what is queued within the target wait, by itself. At least one while anything is open; else 0 where the fleet may have none, or 1. To scale by: that of the pool. */
            desired_workers: number;
            /** @description Time that all workers take for what is queued; null when their speed is not known. */
            eta_s: number | null;
            id: string;
            model: string;
            /** @constant */
            object: "queue";
            /** @description Of the job that was accepted first among those queued; null when there is none. */
            oldest_age_s: number | null;
            paused: boolean;
            /** @description Jobs that no worker has taken. */
            queued: number;
            queued_by_priority: {
                [key: string]: number;
            };
            /** @description Estimated. */
            queued_tokens: number;
            running: number;
            /** @description Of all workers together, as they measured it last; 0 while none has. */
            tokens_per_s: number;
            version_number: number;
            /** @description Those that take jobs of the version. */
            workers: number;
        };
        QueuePage: {
            data: components["schemas"]["Queue"][];
            /** @description `cursor` of the next page; null on the last one. */
            next_cursor: string | null;
        };
        ReplacedTokenDetectionSubmission: {
            /** @default 600 */
            deadline_s?: number;
            inputs: components["schemas"]["SingleTextItem"][];
            /** @default {} */
            metadata?: {
                [key: string]: string;
            };
            model: string;
            parameters?: components["schemas"]["ReplacedTokenParameters"];
            /**
             * @default normal
             * @enum {string}
             */
            priority?: "high" | "normal" | "low";
            /** @default 604800 */
            result_ttl_s?: number;
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            task: "replaced-token-detection";
            webhook?: {
                /**
                 * @default [
                 *       "job.succeeded",
                 *       "job.failed",
                 *       "job.canceled",
                 *       "job.expired"
                 *     ]
                 */
                events?: ("*" | "job.*" | "job.started" | "job.succeeded" | "job.failed" | "job.canceled" | "job.expired")[];
                url: string;
            };
        };
        ReplacedTokenOutput: {
            tokens: {
                end: number;
                score: number;
                start: number;
                token: string;
            }[];
        };
        ReplacedTokenParameters: {
            /**
             * @default codepoint
             * @enum {string}
             */
            offsets?: "codepoint" | "utf16" | "byte";
            /** @default false */
            truncate?: boolean;
            /**
             * @default right
             * @enum {string}
             */
            truncation_side?: "right" | "left";
        };
        Replayed: {
            scheduled: number;
        };
        RerankItem: {
            documents: (string | {
                text: string;
            })[];
            id?: string;
            query: string;
        };
        RerankOutput: {
            results: {
                document?: string | {
                    text: string;
                };
                index: number;
                score: number;
            }[];
        };
        RerankParameters: {
            /** @description Tokens of a document that are read at most. */
            max_tokens_per_doc?: number;
            /** @default false */
            raw_scores?: boolean;
            /** @default false */
            return_documents?: boolean;
            top_n?: number;
            /** @default true */
            truncate?: boolean;
            /**
             * @default right
             * @enum {string}
             */
            truncation_side?: "right" | "left";
        };
        RerankSubmission: {
            /** @default 600 */
            deadline_s?: number;
            inputs: components["schemas"]["RerankItem"][];
            /** @default {} */
            metadata?: {
                [key: string]: string;
            };
            model: string;
            parameters?: components["schemas"]["RerankParameters"];
            /**
             * @default normal
             * @enum {string}
             */
            priority?: "high" | "normal" | "low";
            /** @default 604800 */
            result_ttl_s?: number;
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            task: "rerank";
            webhook?: {
                /**
                 * @default [
                 *       "job.succeeded",
                 *       "job.failed",
                 *       "job.canceled",
                 *       "job.expired"
                 *     ]
                 */
                events?: ("*" | "job.*" | "job.started" | "job.succeeded" | "job.failed" | "job.canceled" | "job.expired")[];
                url: string;
            };
        };
        ScoreItem: {
            id?: string;
            prompt: string;
            response: string;
        } | {
            id?: string;
            text: string;
            text_pair: string;
        };
        ScoreOutput: {
            score: number;
        };
        ScoreParameters: {
            /** @default false */
            truncate?: boolean;
            /**
             * @default right
             * @enum {string}
             */
            truncation_side?: "right" | "left";
        };
        ScoreSubmission: {
            /** @default 600 */
            deadline_s?: number;
            inputs: components["schemas"]["ScoreItem"][];
            /** @default {} */
            metadata?: {
                [key: string]: string;
            };
            model: string;
            parameters?: components["schemas"]["ScoreParameters"];
            /**
             * @default normal
             * @enum {string}
             */
            priority?: "high" | "normal" | "low";
            /** @default 604800 */
            result_ttl_s?: number;
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            task: "score";
            webhook?: {
                /**
                 * @default [
                 *       "job.succeeded",
                 *       "job.failed",
                 *       "job.canceled",
                 *       "job.expired"
                 *     ]
                 */
                events?: ("*" | "job.*" | "job.started" | "job.succeeded" | "job.failed" | "job.canceled" | "job.expired")[];
                url: string;
            };
        };
        Session: {
            /** @description Sent as `X-CSRF-Token` with every request of the session that is no GET and no HEAD. */
            csrf_token: string;
            /**
             * Format: date-time
             * @description When it ends at the latest.
             */
            expires_at: string;
            /** @description Without a request for so long, it ends. */
            idle_timeout_s: number;
            key: {
                id: string;
                name: string;
                scopes: ("infer" | "read" | "manage" | "operate")[];
            };
            /** @constant */
            object: "session";
            tenant: {
                name: string;
                slug: string;
            };
        };
        ShadowComparison: {
            /** @description Share of the decisions that are the same. */
            agreement: number | null;
            /** @description Items of which both decided something. */
            decisions: number;
            /** @description Jobs for which nothing was spare in time: the shadow did not answer them. */
            dropped: number;
            /** @description Of those, the ones that the shadow failed as a whole. */
            failed: number;
            /** @description That were answered twice and compared. */
            jobs: number;
            mean_score_difference: number | null;
            /** @enum {string} */
            task: "text-classification" | "zero-shot-classification" | "token-classification" | "question-answering" | "multiple-choice" | "fill-mask" | "rerank" | "score" | "embed" | "attention" | "replaced-token-detection";
        };
        SingleTextItem: string | {
            id?: string;
            text: string;
        };
        Stats: {
            /** @constant */
            object: "stats";
            /** @description One a step, the oldest first, without gaps. */
            points: components["schemas"]["StatsPoint"][];
            /** @enum {string} */
            range: "15m" | "1h" | "6h" | "24h" | "7d" | "30d";
            /** Format: date-time */
            since: string;
            step_s: number;
            /** @enum {string} */
            tenants: "own" | "all";
            /** @description Of all points together. */
            total: components["schemas"]["StatsFigures"];
            /**
             * Format: date-time
             * @description The end of the last minute that is counted; the last step may go on beyond it.
             */
            until: string;
        };
        StatsFigures: {
            /** @description From acceptance to the end, of jobs that succeeded or failed. */
            duration_ms: {
                p50: number;
                p95: number;
                p99: number;
            } | null;
            /** @description Jobs that failed or expired, of those and the succeeded; null where there are none. */
            error_share: number | null;
            /** @description Of jobs that were run. */
            items: {
                failed: number;
                succeeded: number;
            };
            /** @description Jobs that ended, batches’ and evaluations’ too. */
            jobs: {
                canceled: number;
                expired: number;
                failed: number;
                succeeded: number;
            };
            /** @description Jobs that ended. */
            jobs_per_s: number;
            /** @description Likewise, of the job that had waited longest. */
            oldest_age_s: number | null;
            /** @description With padding. */
            padded_tokens: number;
            /** @description Tokens that are padding, of all that were computed. */
            padding_share: number | null;
            /** @description Jobs that waited: looked at once a minute, the most; null where nobody looked. */
            queued: number | null;
            /** @description Likewise; estimated. */
            queued_tokens: number | null;
            /** @description Of jobs that were run, without padding. */
            tokens: number;
            tokens_per_s: number;
            /** @description From acceptance to the first claim, of jobs that ended. */
            wait_ms: {
                p50: number;
                p95: number;
                p99: number;
            } | null;
            /** @description Workers of the instance that took jobs: likewise, the fewest. */
            workers: number | null;
        };
        StatsPoint: {
            /**
             * Format: date-time
             * @description When its step begins.
             */
            at: string;
            /** @description From acceptance to the end, of jobs that succeeded or failed. */
            duration_ms: {
                p50: number;
                p95: number;
                p99: number;
            } | null;
            /** @description Jobs that failed or expired, of those and the succeeded; null where there are none. */
            error_share: number | null;
            /** @description Of jobs that were run. */
            items: {
                failed: number;
                succeeded: number;
            };
            /** @description Jobs that ended, batches’ and evaluations’ too. */
            jobs: {
                canceled: number;
                expired: number;
                failed: number;
                succeeded: number;
            };
            /** @description Jobs that ended. */
            jobs_per_s: number;
            /** @description Likewise, of the job that had waited longest. */
            oldest_age_s: number | null;
            /** @description With padding. */
            padded_tokens: number;
            /** @description Tokens that are padding, of all that were computed. */
            padding_share: number | null;
            /** @description Jobs that waited: looked at once a minute, the most; null where nobody looked. */
            queued: number | null;
            /** @description Likewise; estimated. */
            queued_tokens: number | null;
            /** @description Of jobs that were run, without padding. */
            tokens: number;
            tokens_per_s: number;
            /** @description From acceptance to the first claim, of jobs that ended. */
            wait_ms: {
                p50: number;
                p95: number;
                p99: number;
            } | null;
            /** @description Workers of the instance that took jobs: likewise, the fewest. */
            workers: number | null;
        };
        /** @description Of the first task of the version. */
        Submission: {
            /** @default 600 */
            deadline_s?: number;
            inputs: (components["schemas"]["ClassifiedItem"] | components["schemas"]["SingleTextItem"] | components["schemas"]["QuestionItem"] | components["schemas"]["ChoiceItem"] | components["schemas"]["RerankItem"] | components["schemas"]["ScoreItem"] | components["schemas"]["EmbedItem"] | components["schemas"]["TextItem"])[];
            /** @default {} */
            metadata?: {
                [key: string]: string;
            };
            model: string;
            parameters?: components["schemas"]["TextClassificationParameters"] | components["schemas"]["ZeroShotParameters"] | components["schemas"]["TokenClassificationParameters"] | components["schemas"]["QuestionAnsweringParameters"] | components["schemas"]["MultipleChoiceParameters"] | components["schemas"]["FillMaskParameters"] | components["schemas"]["RerankParameters"] | components["schemas"]["ScoreParameters"] | components["schemas"]["EmbedParameters"] | components["schemas"]["AttentionParameters"] | components["schemas"]["ReplacedTokenParameters"];
            /**
             * @default normal
             * @enum {string}
             */
            priority?: "high" | "normal" | "low";
            /** @default 604800 */
            result_ttl_s?: number;
            webhook?: {
                /**
                 * @default [
                 *       "job.succeeded",
                 *       "job.failed",
                 *       "job.canceled",
                 *       "job.expired"
                 *     ]
                 */
                events?: ("*" | "job.*" | "job.started" | "job.succeeded" | "job.failed" | "job.canceled" | "job.expired")[];
                url: string;
            };
        };
        TaskSubmission: components["schemas"]["TextClassificationSubmission"] | components["schemas"]["ZeroShotClassificationSubmission"] | components["schemas"]["TokenClassificationSubmission"] | components["schemas"]["QuestionAnsweringSubmission"] | components["schemas"]["MultipleChoiceSubmission"] | components["schemas"]["FillMaskSubmission"] | components["schemas"]["RerankSubmission"] | components["schemas"]["ScoreSubmission"] | components["schemas"]["EmbedSubmission"] | components["schemas"]["AttentionSubmission"] | components["schemas"]["ReplacedTokenDetectionSubmission"];
        Tenant: {
            /** Format: date-time */
            created_at: string;
            /** @description With its secret, in the answer that made the tenant and nowhere else. */
            key?: components["schemas"]["ApiKey"];
            /** @description As set for it; null is the instance’s. */
            limits: {
                max_queued_items_per_tenant: number | null;
                rate_limit_per_min: number | null;
            };
            name: string;
            /** @constant */
            object: "tenant";
            slug: string;
            suspended: boolean;
        };
        TenantPage: {
            data: components["schemas"]["Tenant"][];
            /** @description `cursor` of the next page; null on the last one. */
            next_cursor: string | null;
        };
        TextClassificationOutput: {
            labels: components["schemas"]["LabelScore"][];
            selected?: string[];
        } | {
            value: number;
        } | {
            values: number[];
        };
        TextClassificationParameters: {
            /**
             * @default auto
             * @enum {string}
             */
            function_to_apply?: "auto" | "softmax" | "sigmoid" | "none";
            /** @default 0.5 */
            threshold?: number;
            top_k?: number;
            /** @default false */
            truncate?: boolean;
            /**
             * @default right
             * @enum {string}
             */
            truncation_side?: "right" | "left";
        };
        /**
         * @example {
         *       "model": "sentiment",
         *       "task": "text-classification",
         *       "inputs": [
         *         "I loved it",
         *         {
         *           "id": "b",
         *           "text": "Two hours I will never get back."
         *         }
         *       ],
         *       "parameters": {
         *         "top_k": 1
         *       }
         *     }
         */
        TextClassificationSubmission: {
            /** @default 600 */
            deadline_s?: number;
            inputs: components["schemas"]["ClassifiedItem"][];
            /** @default {} */
            metadata?: {
                [key: string]: string;
            };
            model: string;
            parameters?: components["schemas"]["TextClassificationParameters"];
            /**
             * @default normal
             * @enum {string}
             */
            priority?: "high" | "normal" | "low";
            /** @default 604800 */
            result_ttl_s?: number;
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            task: "text-classification";
            webhook?: {
                /**
                 * @default [
                 *       "job.succeeded",
                 *       "job.failed",
                 *       "job.canceled",
                 *       "job.expired"
                 *     ]
                 */
                events?: ("*" | "job.*" | "job.started" | "job.succeeded" | "job.failed" | "job.canceled" | "job.expired")[];
                url: string;
            };
        };
        /** @description A text, or a text with its pair. */
        TextItem: string | {
            id?: string;
            text: string;
            text_pair?: string;
        };
        TextToken: {
            end: number | null;
            id: number;
            special: boolean;
            /** @description Where it stands in its text, in code points, the blanks around it left out; null for special tokens. */
            start: number | null;
            /**
             * @description It is one of `text_pair`, as `start` and `end` are.
             * @constant
             */
            text_pair?: true;
            /** @description The piece of the vocabulary. */
            token: string;
            /** @description What stands there; null for special tokens. */
            word: string | null;
        };
        TokenClassificationOutput: {
            entities: components["schemas"]["Entity"][];
            /** @description [tokens][labels], where `return_logits` asks for them. */
            logits?: number[][];
        };
        TokenClassificationParameters: {
            /**
             * @default simple
             * @enum {string}
             */
            aggregation_strategy?: "none" | "simple" | "first" | "average" | "max";
            /**
             * @default [
             *       "O"
             *     ]
             */
            ignore_labels?: string[];
            /**
             * @default codepoint
             * @enum {string}
             */
            offsets?: "codepoint" | "utf16" | "byte";
            /**
             * @description Also the logits of every token, special ones included; of several windows one after the other.
             * @default false
             */
            return_logits?: boolean;
            /** @default 0 */
            stride?: number;
            /** @default false */
            truncate?: boolean;
            /**
             * @default right
             * @enum {string}
             */
            truncation_side?: "right" | "left";
            /**
             * @description What a word is: as in transformers’ pipeline, or what stands between blanks.
             * @default pipeline
             * @enum {string}
             */
            words?: "pipeline" | "blanks";
        };
        /**
         * @example {
         *       "model": "ner",
         *       "task": "token-classification",
         *       "inputs": [
         *         "Angela Merkel spoke in Paris"
         *       ],
         *       "parameters": {
         *         "aggregation_strategy": "first"
         *       }
         *     }
         */
        TokenClassificationSubmission: {
            /** @default 600 */
            deadline_s?: number;
            inputs: components["schemas"]["SingleTextItem"][];
            /** @default {} */
            metadata?: {
                [key: string]: string;
            };
            model: string;
            parameters?: components["schemas"]["TokenClassificationParameters"];
            /**
             * @default normal
             * @enum {string}
             */
            priority?: "high" | "normal" | "low";
            /** @default 604800 */
            result_ttl_s?: number;
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            task: "token-classification";
            webhook?: {
                /**
                 * @default [
                 *       "job.succeeded",
                 *       "job.failed",
                 *       "job.canceled",
                 *       "job.expired"
                 *     ]
                 */
                events?: ("*" | "job.*" | "job.started" | "job.succeeded" | "job.failed" | "job.canceled" | "job.expired")[];
                url: string;
            };
        };
        Tokenization: {
            data: {
                count: number;
                tokens: components["schemas"]["TextToken"][];
            }[];
        };
        Version: {
            bytes: number | null;
            /** Format: date-time */
            created_at: string;
            error: components["schemas"]["ImportError"] | null;
            family: ("deberta-v1" | "deberta-v2" | "deberta-v3") | null;
            id: string;
            labels: string[] | null;
            max_tokens: number | null;
            model: string;
            moderation: {
                /** @description Labels that never flag a text. When absent those called `safe`, `ok`, `neutral` or `not_…`. */
                safe_labels?: string[];
                /** @description The probability from which on a label flags a text; 0.5 for those that are not named. */
                thresholds?: {
                    [key: string]: number;
                };
            } | null;
            notes: string;
            number: number;
            /** @constant */
            object: "version";
            onnx: {
                inputs: string[];
                opset: number;
                outputs: string[];
            } | null;
            parameters_count: number | null;
            /** @description How it runs best, by kind of machine. Where one version is got; not in lists. */
            plans?: components["schemas"]["ExecutionPlan"][];
            /** @enum {string} */
            precision: "fp32" | "fp16" | "int8";
            problem_type: ("single_label_classification" | "multi_label_classification" | "regression") | null;
            progress: {
                percent: number;
                /** @enum {string} */
                stage: "importing" | "converting" | "verifying";
            } | null;
            ready_at: string | null;
            report: components["schemas"]["ImportReport"] | null;
            sha256: string | null;
            source: ({
                files: string[];
                /** @constant */
                type: "files";
            } | {
                file: string;
                /** @constant */
                type: "archive";
            }) | null;
            /** @enum {string} */
            status: "importing" | "converting" | "verifying" | "ready" | "failed" | "archived";
            tasks: ("text-classification" | "zero-shot-classification" | "token-classification" | "question-answering" | "multiple-choice" | "fill-mask" | "rerank" | "score" | "embed" | "attention" | "replaced-token-detection")[] | null;
            /** @description Loaded by every worker ahead of its first job, and never unloaded to make room for others. */
            warm: boolean;
        };
        VersionPage: {
            data: components["schemas"]["Version"][];
            /** @description `cursor` of the next page; null on the last one. */
            next_cursor: string | null;
        };
        Webhook: {
            consecutive_failures: number;
            /** Format: date-time */
            created_at: string;
            description: string;
            disabled_reason: ("failing" | "gone" | "manual") | null;
            enabled: boolean;
            events: string[];
            id: string;
            last_failure_at: string | null;
            last_success_at: string | null;
            /** @description Requests that are under way to it at a time at most. */
            max_in_flight: number;
            /** @constant */
            object: "webhook";
            /** @description In the answer that made the endpoint and nowhere else. */
            secret?: string;
            url: string;
        };
        WebhookPage: {
            data: components["schemas"]["Webhook"][];
            /** @description `cursor` of the next page; null on the last one. */
            next_cursor: string | null;
        };
        WebhookSecret: {
            previous_expires_at: string | null;
            secret: string;
        };
        Worker: {
            /** @description Version of Heddle; null for one that does not tell. */
            build: string | null;
            /** @description What runs its models, with the numbers of its GPUs where it has several to choose from: `cpu`, `cuda:0,1`. */
            device: string;
            drain_requested_at: string | null;
            /** Format: date-time */
            heartbeat_at: string;
            host: string;
            id: string;
            inference_processes: number;
            /** @description Jobs that it has ended since it started. */
            jobs_done: number;
            jobs_running: number;
            /** @description Part of the time since its heartbeat before that its engines were busy. */
            load: number;
            /** @description That models may take there; null for one of a release that does not tell. */
            memory_budget_bytes: number | null;
            /** @constant */
            object: "worker";
            pool: string;
            /** Format: date-time */
            started_at: string;
            /**
             * @description `starting`: loads its models; `ready` and `busy`: takes jobs, and holds none or some; `draining`: takes no more, and ends when those it holds have; `lost`: has not been heard of.
             * @enum {string}
             */
            status: "starting" | "ready" | "busy" | "draining" | "lost";
            /** @description Of all its inference processes together. */
            threads: number;
            /** @description Those in its memory; it loads others of those it serves when they are asked for. */
            versions: {
                model: string;
                /** @description Of all its copies in this worker. */
                rss_bytes: number;
                /** @constant */
                state: "loaded";
                version: string;
            }[];
        };
        WorkerPage: {
            data: components["schemas"]["Worker"][];
            /** @description `cursor` of the next page; null on the last one. */
            next_cursor: string | null;
        };
        /**
         * @example {
         *       "model": "nli",
         *       "task": "zero-shot-classification",
         *       "inputs": [
         *         "The match ended 2-1"
         *       ],
         *       "parameters": {
         *         "candidate_labels": [
         *           "sport",
         *           "politics"
         *         ]
         *       },
         *       "priority": "high",
         *       "deadline_s": 3600
         *     }
         */
        ZeroShotClassificationSubmission: {
            /** @default 600 */
            deadline_s?: number;
            inputs: components["schemas"]["SingleTextItem"][];
            /** @default {} */
            metadata?: {
                [key: string]: string;
            };
            model: string;
            parameters: components["schemas"]["ZeroShotParameters"];
            /**
             * @default normal
             * @enum {string}
             */
            priority?: "high" | "normal" | "low";
            /** @default 604800 */
            result_ttl_s?: number;
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            task: "zero-shot-classification";
            webhook?: {
                /**
                 * @default [
                 *       "job.succeeded",
                 *       "job.failed",
                 *       "job.canceled",
                 *       "job.expired"
                 *     ]
                 */
                events?: ("*" | "job.*" | "job.started" | "job.succeeded" | "job.failed" | "job.canceled" | "job.expired")[];
                url: string;
            };
        };
        ZeroShotOutput: {
            labels: components["schemas"]["LabelScore"][];
        };
        ZeroShotParameters: {
            candidate_labels: string[];
            /** @default This example is {}. */
            hypothesis_template?: string;
            /** @default false */
            multi_label?: boolean;
            /** @default false */
            truncate?: boolean;
            /**
             * @default right
             * @enum {string}
             */
            truncation_side?: "right" | "left";
        };
    };
    responses: never;
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
    listAudit: {
        parameters: {
            query?: {
                action?: "key.create" | "key.delete" | "session.create" | "session.delete" | "tenant.create" | "tenant.update" | "model.create" | "model.update" | "model.delete" | "version.import" | "version.update" | "version.delete" | "alias.set" | "alias.delete" | "webhook.create" | "webhook.update" | "webhook.delete" | "webhook.rotate-secret" | "webhook.replay" | "worker.drain" | "queue.pause" | "queue.resume";
                /** @description `next_cursor` of the page before, with the same filters. */
                cursor?: string;
                limit?: number;
                /** @description `key_…`, `mdl_…`, `ver_…`, `model@alias`, `wrk_…`, or the slug of a tenant. */
                object?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AuditPage"];
                };
            };
        };
    };
    listBatches: {
        parameters: {
            query?: {
                /** @description `next_cursor` of the page before, with the same filters. */
                cursor?: string;
                limit?: number;
                status?: ("validating" | "running" | "finalizing" | "canceling" | "succeeded" | "failed" | "canceled" | "expired")[];
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["BatchPage"];
                };
            };
        };
    };
    createBatch: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @description `file_…`, uploaded with the purpose `batch`. */
                    file: string;
                    /**
                     * @default reject
                     * @enum {string}
                     */
                    invalid_lines?: "reject" | "skip";
                    /** @default {} */
                    metadata?: {
                        [key: string]: string;
                    };
                    model: string;
                    /**
                     * @description Of every line that does not say otherwise.
                     * @default {}
                     */
                    parameters?: {
                        [key: string]: unknown;
                    };
                    /**
                     * @default low
                     * @enum {string}
                     */
                    priority?: "high" | "normal" | "low";
                    /** @enum {string} */
                    task?: "text-classification" | "zero-shot-classification" | "token-classification" | "question-answering" | "multiple-choice" | "fill-mask" | "rerank" | "score" | "embed" | "attention" | "replaced-token-detection";
                    webhook?: {
                        /**
                         * @default [
                         *       "batch.succeeded",
                         *       "batch.failed",
                         *       "batch.canceled",
                         *       "batch.expired"
                         *     ]
                         */
                        events?: ("*" | "batch.*" | "batch.started" | "batch.succeeded" | "batch.failed" | "batch.canceled" | "batch.expired")[];
                        url: string;
                    };
                    /**
                     * @description From acceptance: lines that have not run by then are `expired`.
                     * @default 86400
                     */
                    window_s?: number;
                };
            };
        };
        responses: {
            /** @description Accepted. */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Batch"];
                };
            };
        };
    };
    getBatch: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The batch now. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Batch"];
                };
            };
        };
    };
    cancelBatch: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": Record<string, never>;
            };
        };
        responses: {
            /** @description The batch as it is now. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Batch"];
                };
            };
        };
    };
    streamBatchEvents: {
        parameters: {
            query?: {
                /** @description As the header `Last-Event-ID`, where none can be sent. */
                last_event_id?: string;
            };
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The stream. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/event-stream": unknown;
                };
            };
            /** @description All of it was had already. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    listDeliveries: {
        parameters: {
            query?: {
                /** @description `bat_…` */
                batch?: string;
                /** @description `next_cursor` of the page before, with the same filters. */
                cursor?: string;
                event_type?: "job.started" | "job.succeeded" | "job.failed" | "job.canceled" | "job.expired" | "batch.started" | "batch.succeeded" | "batch.failed" | "batch.canceled" | "batch.expired" | "version.ready" | "version.failed" | "alias.changed" | "evaluation.succeeded" | "evaluation.failed" | "webhook.disabled" | "webhook.test" | "prediction.start" | "prediction.output" | "prediction.completed";
                /** @description `job_…` */
                job?: string;
                limit?: number;
                status?: "pending" | "delivering" | "delivered" | "exhausted" | "skipped";
                /** @description `whe_…` */
                webhook?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DeliveryPage"];
                };
            };
        };
    };
    getDelivery: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The delivery. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Delivery"];
                };
            };
        };
    };
    retryDelivery: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": Record<string, never>;
            };
        };
        responses: {
            /** @description The delivery. */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Delivery"];
                };
            };
        };
    };
    listEvaluations: {
        parameters: {
            query?: {
                /** @description `next_cursor` of the page before, with the same filters. */
                cursor?: string;
                /** @description `file_…` */
                dataset?: string;
                limit?: number;
                model?: string;
                status?: ("queued" | "running" | "succeeded" | "failed" | "canceled" | "expired")[];
                /** @description `ver_…` */
                version?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["EvaluationPage"];
                };
            };
        };
    };
    createEvaluation: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @description A model reference to compare with. */
                    baseline?: string;
                    conll?: {
                        tag_column?: number;
                        token_column?: number;
                    };
                    csv?: {
                        delimiter?: string;
                        header?: boolean;
                        quote?: boolean;
                    };
                    /** @description `file_…`, uploaded with the purpose `dataset`. */
                    dataset: string;
                    /** @description Told by the file where it is absent. */
                    format?: string;
                    /** @default [] */
                    gates?: ({
                        metric: string;
                        /** @description The least value; of metrics of which more is better. */
                        min: number;
                        /** @description Examples that it is judged by; all of them when absent. */
                        slice?: {
                            field: string;
                            value: string;
                        };
                    } | {
                        /** @description The most; of metrics of which less is better. */
                        max: number;
                        metric: string;
                        /** @description Examples that it is judged by; all of them when absent. */
                        slice?: {
                            field: string;
                            value: string;
                        };
                    } | {
                        /** @description How much worse than the evaluation’s baseline it may be, by the paired bootstrap. */
                        max_drop: number;
                        metric: string;
                        /** @description Examples that it is judged by; all of them when absent. */
                        slice?: {
                            field: string;
                            value: string;
                        };
                    })[];
                    /**
                     * @description What becomes of examples that do not fit the task.
                     * @default reject
                     * @enum {string}
                     */
                    invalid_lines?: "reject" | "skip";
                    /** @description Labels of the data set and what the model calls them. */
                    labels?: {
                        [key: string]: string;
                    };
                    /** @description Which columns make an example: of CSV, parquet, and JSONL of another form. */
                    mapping?: {
                        [key: string]: unknown;
                    };
                    /** @default {} */
                    metadata?: {
                        [key: string]: string;
                    };
                    /** @description Those of the task by default (docs/evaluation-metrics.md). */
                    metrics?: string[];
                    model: string;
                    /** @default {} */
                    parameters?: {
                        [key: string]: unknown;
                    };
                    /** @description What `f1` of two classes is of. */
                    positive_label?: string;
                    /**
                     * @default low
                     * @enum {string}
                     */
                    priority?: "high" | "normal" | "low";
                    /**
                     * @description 0 leaves intervals out. Of many examples there are as many as there is time for: `result.bootstrap`.
                     * @default 1000
                     */
                    resamples?: number;
                    /**
                     * @description Of the bootstrap: the same one gives the same intervals.
                     * @default 0
                     */
                    seed?: number;
                    /**
                     * @description Which of SQuAD’s official scripts measures answers.
                     * @enum {number}
                     */
                    squad?: 1 | 2;
                    /** @enum {string} */
                    task?: "text-classification" | "zero-shot-classification" | "token-classification" | "question-answering" | "multiple-choice" | "fill-mask" | "rerank" | "score" | "embed" | "attention" | "replaced-token-detection";
                    /**
                     * @description From acceptance: what has not ended by then is `expired`.
                     * @default 86400
                     */
                    window_s?: number;
                };
            };
        };
        responses: {
            /** @description Accepted. */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Evaluation"];
                };
            };
        };
    };
    getEvaluation: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The evaluation now. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Evaluation"];
                };
            };
        };
    };
    cancelEvaluation: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": Record<string, never>;
            };
        };
        responses: {
            /** @description The evaluation as it is now. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Evaluation"];
                };
            };
        };
    };
    streamEvaluationEvents: {
        parameters: {
            query?: {
                /** @description As the header `Last-Event-ID`, where none can be sent. */
                last_event_id?: string;
            };
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The stream. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/event-stream": unknown;
                };
            };
            /** @description All of it was had already. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    listEvaluationItems: {
        parameters: {
            query?: {
                /** @description Those that were answered right, or wrong. */
                correct?: "true" | "false";
                /** @description `next_cursor` of the page before, with the same filters. */
                cursor?: string;
                limit?: number;
            };
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["EvaluationItemPage"];
                };
            };
        };
    };
    listFiles: {
        parameters: {
            query?: {
                /** @description `next_cursor` of the page before, with the same filters. */
                cursor?: string;
                limit?: number;
                purpose?: "model" | "batch" | "dataset" | "batch_output" | "batch_error" | "other";
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["FilePage"];
                };
            };
        };
    };
    createFile: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "multipart/form-data": {
                    expires_in_s?: number;
                    /** Format: binary */
                    file: string;
                    /** @enum {string} */
                    purpose: "model" | "batch" | "dataset";
                };
            };
        };
        responses: {
            /** @description The file. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["File"];
                };
            };
        };
    };
    getFile: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The file. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["File"];
                };
            };
        };
    };
    deleteFile: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It is gone. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    downloadFile: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description All bytes. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/octet-stream": unknown;
                };
            };
            /** @description The range that was asked for. */
            206: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/octet-stream": unknown;
                };
            };
        };
    };
    listJobs: {
        parameters: {
            query?: {
                /** @description `bat_…`: jobs that have lines of it. */
                batch?: string;
                created_after?: string;
                created_before?: string;
                /** @description `next_cursor` of the page before, with the same filters. */
                cursor?: string;
                /** @description Parts of the jobs: `input`, `output`, both with a comma, or `none`. */
                include?: string;
                limit?: number;
                /** @description `metadata[name]=text`: exactly this text; several all hold. */
                metadata?: {
                    [key: string]: string;
                };
                model?: string;
                source?: "native" | "replicate" | "openai" | "cohere" | "tei" | "hf" | "oip" | "batch" | "evaluation";
                status?: ("queued" | "running" | "succeeded" | "failed" | "canceled" | "expired")[];
                task?: "text-classification" | "zero-shot-classification" | "token-classification" | "question-answering" | "multiple-choice" | "fill-mask" | "rerank" | "score" | "embed" | "attention" | "replaced-token-detection";
                /** @description `ver_…` */
                version?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["JobPage"];
                };
            };
        };
    };
    createJob: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["TaskSubmission"] | components["schemas"]["Submission"];
            };
        };
        responses: {
            /** @description `Prefer: wait` saw it end. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Job"];
                };
            };
            /** @description Accepted. */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Job"];
                };
            };
        };
    };
    getJob: {
        parameters: {
            query?: {
                /** @description `input`, `output`, both with a comma (as without it), or `none`; besides them, or alone, `stream_token`. */
                include?: string;
            };
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The job now. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Job"];
                };
            };
        };
    };
    cancelJob: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": Record<string, never>;
            };
        };
        responses: {
            /** @description The job as it is now. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Job"];
                };
            };
        };
    };
    streamJobEvents: {
        parameters: {
            query?: {
                /** @description As the header `Last-Event-ID`, where none can be sent. */
                last_event_id?: string;
                /** @description Whether `result` events are wanted. */
                results?: "true" | "false";
            };
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The stream. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/event-stream": unknown;
                };
            };
            /** @description All of it was had already. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    purgeJob: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": Record<string, never>;
            };
        };
        responses: {
            /** @description The job without its data. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Job"];
                };
            };
        };
    };
    listKeys: {
        parameters: {
            query?: {
                /** @description `next_cursor` of the page before, with the same filters. */
                cursor?: string;
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ApiKeyPage"];
                };
            };
        };
    };
    createKey: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /**
                     * @description RFC 3339, in the future.
                     * @default null
                     */
                    expires_at?: string | null;
                    name: string;
                    rate_limit_per_min?: number | null;
                    scopes: ("infer" | "read" | "manage" | "operate")[];
                };
            };
        };
        responses: {
            /** @description The key. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ApiKey"];
                };
            };
        };
    };
    deleteKey: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It is gone. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    getLimits: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The limits. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Limits"];
                };
            };
        };
    };
    getMe: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Tenant, key and limits. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Me"];
                };
            };
        };
    };
    listModels: {
        parameters: {
            query?: {
                /** @description `next_cursor` of the page before, with the same filters. */
                cursor?: string;
                limit?: number;
                task?: "text-classification" | "zero-shot-classification" | "token-classification" | "question-answering" | "multiple-choice" | "fill-mask" | "rerank" | "score" | "embed" | "attention" | "replaced-token-detection";
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ModelPage"];
                };
            };
        };
    };
    createModel: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @default  */
                    description?: string;
                    /** @description Aliases that the gates hold for; `["production"]` where nothing else is said. */
                    gated?: string[];
                    gates?: ({
                        metric: string;
                        /** @description The least value; of metrics of which more is better. */
                        min: number;
                        /** @description Examples that it is judged by; all of them when absent. */
                        slice?: {
                            field: string;
                            value: string;
                        };
                    } | {
                        /** @description The most; of metrics of which less is better. */
                        max: number;
                        metric: string;
                        /** @description Examples that it is judged by; all of them when absent. */
                        slice?: {
                            field: string;
                            value: string;
                        };
                    } | {
                        /** @description How much worse than the evaluation’s baseline it may be, by the paired bootstrap. */
                        max_drop: number;
                        metric: string;
                        /** @description Examples that it is judged by; all of them when absent. */
                        slice?: {
                            field: string;
                            value: string;
                        };
                    })[];
                    name: string;
                };
            };
        };
        responses: {
            /** @description The model. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Model"];
                };
            };
        };
    };
    getModel: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                model: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The model. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Model"];
                };
            };
        };
    };
    deleteModel: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                model: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It is gone. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    updateModel: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                model: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": {
                    description?: string;
                    /** @description Aliases that the gates hold for; `["production"]` where nothing else is said. */
                    gated?: string[];
                    gates?: ({
                        metric: string;
                        /** @description The least value; of metrics of which more is better. */
                        min: number;
                        /** @description Examples that it is judged by; all of them when absent. */
                        slice?: {
                            field: string;
                            value: string;
                        };
                    } | {
                        /** @description The most; of metrics of which less is better. */
                        max: number;
                        metric: string;
                        /** @description Examples that it is judged by; all of them when absent. */
                        slice?: {
                            field: string;
                            value: string;
                        };
                    } | {
                        /** @description How much worse than the evaluation’s baseline it may be, by the paired bootstrap. */
                        max_drop: number;
                        metric: string;
                        /** @description Examples that it is judged by; all of them when absent. */
                        slice?: {
                            field: string;
                            value: string;
                        };
                    })[];
                };
            };
        };
        responses: {
            /** @description The model as it is now. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Model"];
                };
            };
        };
    };
    listAliases: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                model: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description All of them. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AliasPage"];
                };
            };
        };
    };
    getAlias: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                alias: string;
                model: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The alias. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Alias"];
                };
            };
        };
    };
    setAlias: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                alias: string;
                model: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @description A version on trial. Absent or null: none. */
                    canary?: {
                        /** @description Of the jobs that name the alias. */
                        percent: number;
                        rollback?: {
                            /** @description Share of the decisions that differ from those of the alias’s version; the canary must be its shadow as well. */
                            max_disagreement?: number;
                            /** @description Share of its jobs that fail. */
                            max_error_rate?: number;
                            /**
                             * @description Before so many nothing is concluded.
                             * @default 100
                             */
                            min_jobs?: number;
                        } | null;
                        version: string | number;
                    } | null;
                    /** @description What it is moved for; goes into the history. */
                    evaluation?: string;
                    /**
                     * @description Moves a gated alias although gates are not met.
                     * @default false
                     */
                    force?: boolean;
                    /** @description A version that answers the same jobs again, for comparison. Absent or null: none. */
                    shadow?: (string | number) | null;
                    version: string | number;
                };
            };
        };
        responses: {
            /** @description The alias as it is now. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Alias"];
                };
            };
        };
    };
    deleteAlias: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                alias: string;
                model: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It is gone. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    listVersions: {
        parameters: {
            query?: {
                /** @description `next_cursor` of the page before, with the same filters. */
                cursor?: string;
                limit?: number;
                status?: ("importing" | "converting" | "verifying" | "ready" | "failed" | "archived")[];
            };
            header?: never;
            path: {
                model: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["VersionPage"];
                };
            };
        };
    };
    importVersion: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                model: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @enum {string} */
                    head?: "sequence-classification" | "token-classification" | "question-answering" | "multiple-choice" | "masked-lm" | "replaced-token-detection" | "features";
                    labels?: string[];
                    max_tokens?: number;
                    moderation?: {
                        /** @description Labels that never flag a text. When absent those called `safe`, `ok`, `neutral` or `not_…`. */
                        safe_labels?: string[];
                        /** @description The probability from which on a label flags a text; 0.5 for those that are not named. */
                        thresholds?: {
                            [key: string]: number;
                        };
                    };
                    /** @default  */
                    notes?: string;
                    /**
                     * @default fp32
                     * @enum {string}
                     */
                    precision?: "fp32" | "fp16" | "int8";
                    source: {
                        files: string[];
                        /** @constant */
                        type: "files";
                    } | {
                        file: string;
                        /** @constant */
                        type: "archive";
                    };
                    tasks?: ("text-classification" | "zero-shot-classification" | "token-classification" | "question-answering" | "multiple-choice" | "fill-mask" | "rerank" | "score" | "embed" | "attention" | "replaced-token-detection")[];
                };
            };
        };
        responses: {
            /** @description Accepted. */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Version"];
                };
            };
        };
    };
    getVersion: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                model: string;
                version: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The version now. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Version"];
                };
            };
        };
    };
    deleteVersion: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                model: string;
                version: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It is gone. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    updateVersion: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                model: string;
                version: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": {
                    archived?: boolean;
                    max_tokens?: number;
                    notes?: string;
                    warm?: boolean;
                };
            };
        };
        responses: {
            /** @description The version as it is now. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Version"];
                };
            };
        };
    };
    listPools: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description All of them. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PoolPage"];
                };
            };
        };
    };
    getPool: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The pool. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Pool"];
                };
            };
        };
    };
    listQueues: {
        parameters: {
            query?: {
                /** @description `next_cursor` of the page before, with the same filters. */
                cursor?: string;
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["QueuePage"];
                };
            };
        };
    };
    pauseQueue: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                version: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": Record<string, never>;
            };
        };
        responses: {
            /** @description The queue. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Queue"];
                };
            };
        };
    };
    resumeQueue: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                version: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": Record<string, never>;
            };
        };
        responses: {
            /** @description The queue. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Queue"];
                };
            };
        };
    };
    getSession: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Who is signed in. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Session"];
                };
            };
        };
    };
    signIn: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    key: string;
                };
            };
        };
        responses: {
            /** @description Who is signed in. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Session"];
                };
            };
        };
    };
    signOut: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It has ended. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    getStats: {
        parameters: {
            query?: {
                range?: "15m" | "1h" | "6h" | "24h" | "7d" | "30d";
                /** @description `all` needs the scope `operate`. */
                tenants?: "own" | "all";
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Points with even steps. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Stats"];
                };
            };
        };
    };
    listTenants: {
        parameters: {
            query?: {
                /** @description `next_cursor` of the page before, with the same filters. */
                cursor?: string;
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TenantPage"];
                };
            };
        };
    };
    createTenant: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @default {} */
                    limits?: {
                        max_queued_items_per_tenant?: number | null;
                        rate_limit_per_min?: number | null;
                    };
                    name: string;
                    slug: string;
                    /** @default false */
                    suspended?: boolean;
                };
            };
        };
        responses: {
            /** @description The tenant. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Tenant"];
                };
            };
        };
    };
    updateTenant: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                slug: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": {
                    limits?: {
                        max_queued_items_per_tenant?: number | null;
                        rate_limit_per_min?: number | null;
                    };
                    name?: string;
                    suspended?: boolean;
                };
            };
        };
        responses: {
            /** @description The tenant as it is now. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Tenant"];
                };
            };
        };
    };
    tokenize: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /**
                     * @description Whether the tokens stand around a text that the model is given with it, such as [CLS] and [SEP].
                     * @default true
                     */
                    add_special_tokens?: boolean;
                    inputs: (string | {
                        text: string;
                        text_pair?: string;
                    })[];
                    model: string;
                };
            };
        };
        responses: {
            /** @description The tokens. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Tokenization"];
                };
            };
        };
    };
    listWebhooks: {
        parameters: {
            query?: {
                /** @description `next_cursor` of the page before, with the same filters. */
                cursor?: string;
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["WebhookPage"];
                };
            };
        };
    };
    createWebhook: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @default  */
                    description?: string;
                    events: ("*" | "job.*" | "batch.*" | "version.*" | "alias.*" | "evaluation.*" | "webhook.*" | "job.started" | "job.succeeded" | "job.failed" | "job.canceled" | "job.expired" | "batch.started" | "batch.succeeded" | "batch.failed" | "batch.canceled" | "batch.expired" | "version.ready" | "version.failed" | "alias.changed" | "evaluation.succeeded" | "evaluation.failed" | "webhook.disabled" | "webhook.test")[];
                    /** @default 8 */
                    max_in_flight?: number;
                    secret?: string;
                    url: string;
                };
            };
        };
        responses: {
            /** @description The webhook. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Webhook"];
                };
            };
        };
    };
    getWebhook: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The webhook. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Webhook"];
                };
            };
        };
    };
    deleteWebhook: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It is gone. Its deliveries stay listed. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    changeWebhook: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": {
                    description?: string;
                    enabled?: boolean;
                    events?: ("*" | "job.*" | "batch.*" | "version.*" | "alias.*" | "evaluation.*" | "webhook.*" | "job.started" | "job.succeeded" | "job.failed" | "job.canceled" | "job.expired" | "batch.started" | "batch.succeeded" | "batch.failed" | "batch.canceled" | "batch.expired" | "version.ready" | "version.failed" | "alias.changed" | "evaluation.succeeded" | "evaluation.failed" | "webhook.disabled" | "webhook.test")[];
                    max_in_flight?: number;
                    url?: string;
                };
            };
        };
        responses: {
            /** @description The webhook. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Webhook"];
                };
            };
        };
    };
    replayWebhook: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /**
                     * Format: date-time
                     * @description RFC 3339; of the events.
                     */
                    since: string;
                    /**
                     * @default exhausted
                     * @enum {string}
                     */
                    status?: "exhausted" | "skipped" | "all";
                    /**
                     * Format: date-time
                     * @description RFC 3339; now where it is absent.
                     */
                    until?: string;
                };
            };
        };
        responses: {
            /** @description How many are sent. */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Replayed"];
                };
            };
        };
    };
    rotateWebhookSecret: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": {
                    /**
                     * @description How long what is sent is signed with the secret before as well.
                     * @default 86400
                     */
                    grace_s?: number;
                    secret?: string;
                };
            };
        };
        responses: {
            /** @description The new secret. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["WebhookSecret"];
                };
            };
        };
    };
    testWebhook: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": Record<string, never>;
            };
        };
        responses: {
            /** @description The delivery. */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Delivery"];
                };
            };
        };
    };
    getDefaultWebhookSecret: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The secret. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["WebhookSecret"];
                };
            };
        };
    };
    rotateDefaultWebhookSecret: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": {
                    /**
                     * @description How long what is sent is signed with the secret before as well.
                     * @default 86400
                     */
                    grace_s?: number;
                    secret?: string;
                };
            };
        };
        responses: {
            /** @description The new secret. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["WebhookSecret"];
                };
            };
        };
    };
    listWorkers: {
        parameters: {
            query?: {
                /** @description `next_cursor` of the page before, with the same filters. */
                cursor?: string;
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["WorkerPage"];
                };
            };
        };
    };
    getWorker: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The worker. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Worker"];
                };
            };
        };
    };
    drainWorker: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": Record<string, never>;
            };
        };
        responses: {
            /** @description The worker, which drains. */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Worker"];
                };
            };
        };
    };
}
