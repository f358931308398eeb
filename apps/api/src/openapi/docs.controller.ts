import { createReadStream } from 'node:fs';
import { Controller, Get, Header, StreamableFile } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import { getDocs, getDocsPageScript, getDocsScript, getDocsStyle } from './operations.js';

/** Nothing but this server's own files and answers; styles are set by the page's script. */
const CONTENT_SECURITY_POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; " +
  "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
/** Of what changes with the server's version only, in seconds. */
const ASSET_CACHE = 'public, max-age=3600';

const PAGE = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Heddle: HTTP API</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="docs/swagger-ui.css">
</head>
<body>
<div id="reference"></div>
<script src="docs/swagger-ui-bundle.js"></script>
<script type="module" src="docs/page.js"></script>
</body>
</html>
`;
/**
 * With no validator named, Swagger UI would send the document's address to a public one. Tags are closed at first: from 150 lines
 * on it draws only those that are in sight, and nothing could be found on the page.
 */
const PAGE_SCRIPT = `SwaggerUIBundle({ url: 'openapi.json', dom_id: '#reference', deepLinking: true, docExpansion: 'none', validatorUrl: null, defaultModelsExpandDepth: 0 });
`;

/** The reference of the API as a page (Swagger UI), whose files come from this server. */
@Controller('docs')
export class DocsController {
  @Get()
  @Header('content-type', 'text/html; charset=utf-8')
  @Header('content-security-policy', CONTENT_SECURITY_POLICY)
  @Header('referrer-policy', 'no-referrer')
  @RouteConfig({ operation: getDocs })
  page(): string {
    return PAGE;
  }

  @Get('page.js')
  @Header('content-type', 'text/javascript; charset=utf-8')
  @RouteConfig({ operation: getDocsPageScript })
  pageScript(): string {
    return PAGE_SCRIPT;
  }

  @Get('swagger-ui-bundle.js')
  @Header('cache-control', ASSET_CACHE)
  @RouteConfig({ operation: getDocsScript })
  script(): StreamableFile {
    return asset(
      import.meta.resolve('swagger-ui-dist/swagger-ui-bundle.js'),
      'text/javascript; charset=utf-8',
    );
  }

  @Get('swagger-ui.css')
  @Header('cache-control', ASSET_CACHE)
  @RouteConfig({ operation: getDocsStyle })
  style(): StreamableFile {
    return asset(import.meta.resolve('swagger-ui-dist/swagger-ui.css'), 'text/css; charset=utf-8');
  }
}

function asset(url: string, type: string): StreamableFile {
  return new StreamableFile(createReadStream(new URL(url)), { type });
}
