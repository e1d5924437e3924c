import type { Ports } from './ports.ts';
import type { Secrets } from './secrets.ts';
import type { StateLayout } from './state.ts';

export const DATABASE = 'AspDotNetStorefront';

/** Environment that services and cli read, for a stack with these ports. Holds secrets. */
export function serviceEnvironment(layout: StateLayout, ports: Ports, secrets: Secrets): Record<string, string> {
  const at = (port: number): string => `http://127.0.0.1:${port}`;
  return {
    MILLRACE_KAFKA_BROKERS: `127.0.0.1:${ports.kafka}`,
    MILLRACE_REGISTRY_URL: `${at(ports.registry)}/apis/ccompat/v7`,
    MILLRACE_CONNECT_URL: at(ports.connect),
    MILLRACE_STATE_DIR: layout.root,
    MILLRACE_PARTITIONS: '4',
    // The stand-in's clock, like a SQL Server container's, shows UTC.
    MILLRACE_STORES: JSON.stringify({
      '1': { currency: 'USD', timeZone: 'UTC', catalogue: true },
      '2': { currency: 'EUR', timeZone: 'UTC' },
    }),
    MILLRACE_REPLICATION: '1',
    MILLRACE_ENVIRONMENT: 'local',
    MILLRACE_STRIPE_METHODS: 'Stripe,Stripe on shipment,Stripe saved card',
    MILLRACE_STRIPE_CAPTURE_ON_SHIPMENT: 'Stripe on shipment',
    MILLRACE_STRIPE_OFF_SESSION: 'Stripe saved card,recurring',
    MILLRACE_STRIPE_API_BASE: at(ports.stripe),
    MILLRACE_STRIPE_SECRET_KEY: secrets.stripeSecretKey,
    MILLRACE_STRIPE_PUBLISHABLE_KEY: secrets.stripePublishableKey,
    MILLRACE_STRIPE_WEBHOOK_SECRETS: secrets.stripeWebhookSecret,
    // The sandbox has no limit of its own; this is Stripe's for a live account.
    MILLRACE_STRIPE_REQUESTS_PER_SECOND: '100',
    MILLRACE_WEBHOOKS_HOST: '127.0.0.1',
    MILLRACE_WEBHOOKS_PORT: String(ports.webhooks),
    MILLRACE_ADNSF_SQL_HOST: '127.0.0.1',
    MILLRACE_ADNSF_SQL_PORT: String(ports.sqlserver),
    MILLRACE_ADNSF_SQL_DATABASE: DATABASE,
    MILLRACE_ADNSF_SQL_USER: 'millrace_executor',
    MILLRACE_ADNSF_SQL_PASSWORD: secrets.sqlServerExecutor,
    MILLRACE_ADNSF_SQL_ENCRYPT: 'false',
    MILLRACE_ADNSF_ADAPTER: process.env['MILLRACE_ADNSF_ADAPTER'] ?? 'sql',
    MILLRACE_ADNSF_READ_WEBHOOKS: 'true',
    MILLRACE_ADNSF_REST_URL: at(ports.adnsf),
    MILLRACE_ADNSF_REST_KEY: secrets.adnsfApiKey,
    MILLRACE_ADNSF_WEBHOOK_SECRETS: secrets.adnsfWebhookSecret,
    MILLRACE_PAYMENTS_HOST: '127.0.0.1',
    MILLRACE_PAYMENTS_PORT: String(ports.payments),
    MILLRACE_PAYMENTS_URL: at(ports.payments),
    MILLRACE_PAYMENT_LINK_SECRETS: secrets.paymentLinkSecret,
    // All shoppers come from one address here.
    MILLRACE_PAYMENTS_PER_CLIENT: '100000',
    MILLRACE_STRIPE_JS_URL: `${at(ports.stripe)}/stripe.js`,
    MILLRACE_NOTIFY_URL: `smtp://127.0.0.1:${ports.smtp}`,
    MILLRACE_NOTIFY_FROM: 'Shop <shop@shop.example>',
    MILLRACE_MAILBOX_URL: at(ports.mail),
    MILLRACE_SHOP_SQL_USER: 'millrace_shop',
    MILLRACE_SHOP_SQL_PASSWORD: secrets.sqlServerShop,
    MILLRACE_ADNSF_CDC_USER: 'millrace_cdc',
    MILLRACE_ADNSF_CDC_PASSWORD: secrets.sqlServerCdc,
    MILLRACE_SCANNER_FROM_ORDER: '1',
    // Nothing in a local stack is late: what has no order is told of at once.
    MILLRACE_UNROUTED_AFTER_MS: '0',
    MILLRACE_LEDGER_DB: `${layout.data('erp-ledger')}/ledger.db`,
  };
}
