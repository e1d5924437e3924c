package bench;

import java.math.BigDecimal;
import java.util.Locale;

/**
 * What is in the input topics: JSON of the size and shape that a shop and Stripe send. Everything follows from the number
 * of an order, so that two runs (and two applications) see the same bytes.
 */
final class Payloads {
  private static final String FILLER =
      "abcdefghijklmnopqrstuvwxyz0123456789-ABCDEFGHIJKLMNOPQRSTUVWXYZ_".repeat(40);
  static final int LINES_PER_ORDER = 3;
  private static final int ORDERS_PER_CUSTOMER = 5;
  /** Every so many orders are refunded. */
  static final int REFUND_EVERY = 20;

  private Payloads() {}

  private static String filler(int from, int to) {
    return FILLER.substring(from, to);
  }

  static int customers(int orders) {
    return Math.max(1, orders / ORDERS_PER_CUSTOMER);
  }

  static int refunds(int orders) {
    return (orders + REFUND_EVERY - 1) / REFUND_EVERY;
  }

  static long inputs(int orders) {
    return orders + customers(orders) + (long) LINES_PER_ORDER * orders + orders + refunds(orders);
  }

  /** A command to Stripe per order; one to the shop and one to the ERP per payment and per refund. */
  static long expectedOutputs(int orders) {
    return orders + 2L * (orders + refunds(orders));
  }

  static String customerKey(int customer) {
    return "C" + eightDigits(customer);
  }

  static String customerOf(int order, int orders) {
    return customerKey(order % customers(orders));
  }

  static String orderKey(String prefix, int order) {
    return prefix + eightDigits(order);
  }

  private static String eightDigits(int number) {
    return String.format(Locale.ROOT, "%08d", number);
  }

  private static String total(int order) {
    return (20 + order % 480) + "." + String.format(Locale.ROOT, "%02d", order % 100);
  }

  static String order(String prefix, int i, int orders) {
    return "{\"orderNumber\":\"" + orderKey(prefix, i)
        + "\",\"customerId\":\"" + customerOf(i, orders)
        + "\",\"orderTotal\":\"" + total(i)
        + "\",\"currency\":\"USD\",\"email\":\"buyer" + i + "@example.com\","
        + "\"transactionState\":\"Pending\",\"orderDate\":\"2026-01-15T10:20:30.123Z\",\"storeId\":1,\"languageId\":1,"
        + "\"shippingMethod\":\"UPS Ground\",\"shippingTotal\":\"7.95\",\"taxTotal\":\"3.21\",\"discountTotal\":\"0.00\","
        + "\"couponCode\":null,\"billingName\":\"Pat Q. Customer\",\"billingAddress1\":\"100 Main Street\","
        + "\"billingAddress2\":\"Suite " + i % 900 + "\",\"billingCity\":\"Springfield\",\"billingState\":\"IL\","
        + "\"billingPostalCode\":\"62701\",\"billingCountry\":\"US\","
        + "\"shippingName\":\"Pat Q. Customer\",\"shippingAddress1\":\"100 Main Street\",\"shippingCity\":\"Springfield\","
        + "\"shippingState\":\"IL\",\"shippingPostalCode\":\"62701\",\"shippingCountry\":\"US\",\"poNumber\":\"PO-" + i + "\","
        + "\"ipAddress\":\"203.0.113.7\",\"userAgent\":\"" + filler(0, 90) + "\",\"notes\":\"please leave at the door\","
        + "\"modified\":\"2026-01-15T10:20:31.456Z\"}";
  }

  static String customer(int i) {
    return "{\"customerId\":\"" + customerKey(i)
        + "\",\"email\":\"buyer" + i + "@example.com\",\"firstName\":\"Pat\",\"lastName\":\"Customer\","
        + "\"company\":\"Example Trading Co\",\"phone\":\"+1-555-0100\",\"stripeCustomer\":\"" + stripeCustomer(i)
        + "\",\"erpAccount\":\"ERP-" + i + "\",\"priceLevel\":2,\"taxExempt\":false,"
        + "\"created\":\"2024-02-03T04:05:06Z\",\"modified\":\"2026-01-02T03:04:05Z\",\"notes\":\"" + filler(0, 60) + "\"}";
  }

  private static String stripeCustomer(int i) {
    return "cus_" + filler(i % 40, i % 40 + 14);
  }

  static String cartLine(int order, int line, int orders) {
    return "{\"cartLineId\":" + (order * (long) LINES_PER_ORDER + line)
        + ",\"customerId\":\"" + customerOf(order, orders)
        + "\",\"productId\":" + (1000 + (order + line) % 5000)
        + ",\"sku\":\"SKU-" + (order + line) % 5000
        + "\",\"description\":\"" + filler(0, 70)
        + "\",\"quantity\":" + (1 + line)
        + ",\"unitPrice\":\"19.99\",\"options\":\"color=blue;size=L\","
        + "\"added\":\"2026-01-15T10:19:00Z\",\"modified\":\"2026-01-15T10:19:30Z\"}";
  }

  static String stripeEvent(String prefix, int i, boolean refund) {
    String order = orderKey(prefix, i);
    String intent = "pi_" + order;
    String charge = "ch_" + order;
    long cents = new BigDecimal(total(i)).movePointRight(2).longValueExact();
    return "{\"id\":\"evt_" + (refund ? "r" : "s") + order
        + "\",\"object\":\"event\",\"api_version\":\"2024-06-20\",\"created\":1768472430,\"data\":{\"object\":{\"id\":\""
        + (refund ? charge : intent) + "\",\"object\":\"" + (refund ? "charge" : "payment_intent")
        + "\",\"amount\":" + cents + ",\"amount_capturable\":0,\"amount_details\":{\"tip\":{}},\"amount_received\":" + cents
        + ",\"application\":null,\"application_fee_amount\":null,"
        + "\"automatic_payment_methods\":{\"allow_redirects\":\"always\",\"enabled\":true},"
        + "\"canceled_at\":null,\"cancellation_reason\":null,\"capture_method\":\"automatic\",\"client_secret\":\""
        + intent + "_secret_" + filler(0, 25)
        + "\",\"confirmation_method\":\"automatic\",\"created\":1768472400,\"currency\":\"usd\",\"customer\":\""
        + stripeCustomer(i) + "\",\"description\":\"Order " + order
        + "\",\"invoice\":null,\"last_payment_error\":null,\"latest_charge\":\"" + charge
        + "\",\"payment_intent\":" + (refund ? "\"" + intent + "\"" : "null")
        + ",\"livemode\":false,\"metadata\":{\"order_number\":\"" + order + "\",\"store\":\"1\"},"
        + "\"next_action\":null,\"on_behalf_of\":null,\"payment_method\":\"pm_" + filler(5, 29)
        + "\",\"payment_method_configuration_details\":{\"id\":\"pmc_" + filler(3, 27) + "\",\"parent\":null},"
        + "\"payment_method_options\":{\"card\":{\"installments\":null,\"mandate_options\":null,\"network\":null,"
        + "\"request_three_d_secure\":\"automatic\"},\"link\":{\"persistent_token\":null}},"
        + "\"payment_method_types\":[\"card\",\"link\"],\"processing\":null,\"receipt_email\":\"buyer" + i + "@example.com\","
        + "\"review\":null,\"setup_future_usage\":null,\"shipping\":{\"address\":{\"city\":\"Springfield\",\"country\":\"US\","
        + "\"line1\":\"100 Main Street\",\"line2\":\"\",\"postal_code\":\"62701\",\"state\":\"IL\"},\"carrier\":null,"
        + "\"name\":\"Pat Q. Customer\",\"phone\":\"+15550100\",\"tracking_number\":null},\"source\":null,"
        + "\"statement_descriptor\":null,\"statement_descriptor_suffix\":null,\"status\":\"succeeded\","
        + "\"transfer_data\":null,\"transfer_group\":null,\"pad\":\"" + filler(0, 620)
        + "\"}},\"livemode\":false,\"pending_webhooks\":1,\"request\":{\"id\":\"req_" + filler(7, 21)
        + "\",\"idempotency_key\":\"" + filler(0, 36) + "\"},\"type\":\""
        + (refund ? "charge.refunded" : "payment_intent.succeeded") + "\"}";
  }
}
