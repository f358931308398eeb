/** What schemes and addresses may be called; from the settings HEDDLE_WEBHOOK_ALLOW_HTTP, _PRIVATE and _CIDRS. */
export interface UrlPolicy {
  /** `http:` beside `https:`. */
  allowHttp: boolean;
  /** Loopback, private networks and unique local addresses, for development. */
  allowPrivate: boolean;
  /** Networks that may be called whatever they are, such as `10.0.0.0/8` or `fd00::/8`. */
  allowCidrs: readonly string[];
}
