curl -X POST https://api.hedgepayments.com/v1/payments/pay_abc123xyz/cancel \
-H "Authorization: Bearer sk_live_your_api_key" \
-H "Content-Type: application/json" \
-d '{
"reason": "customer_requested"
}'
