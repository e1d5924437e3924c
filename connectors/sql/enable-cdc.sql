-- Turns on change data capture for the database and the tables that Millrace reads. Runs again without harm.
-- The captured columns are an allow-list: card data, credentials, payment tokens, raw gateway text and large texts are not
-- on it, so they never reach a change table, Kafka or a log. A column filter in the connector would be too late for that.
-- Keep CustomerSession and Profile out: the shop truncates them, and a captured table cannot be truncated.
-- Net changes stay off, because the order lines have no key. A merchant's own columns must be added here by name.
USE [$(DATABASE)];
GO
IF NOT EXISTS (SELECT 1 FROM sys.databases WHERE name = N'$(DATABASE)' AND is_cdc_enabled = 1)
    EXEC sys.sp_cdc_enable_db;
GO

IF NOT EXISTS (SELECT 1 FROM cdc.change_tables WHERE capture_instance = N'dbo_Orders')
    EXEC sys.sp_cdc_enable_table
        @source_schema = N'dbo',
        @source_name = N'Orders',
        @role_name = NULL,
        @supports_net_changes = 0,
        @captured_column_list = N'
        [OrderNumber], [OrderGUID], [StoreID], [ParentOrderNumber], [StoreVersion], [QuoteCheckout], [IsNew],
        [ShippedOn], [CustomerID], [SkinID], [LastName], [FirstName], [Email],
        [BillingEqualsShipping], [BillingLastName], [BillingFirstName], [BillingCompany], [BillingAddress1],
        [BillingAddress2], [BillingSuite], [BillingCity], [BillingState], [BillingZip], [BillingCountry],
        [BillingPhone], [ShippingLastName], [ShippingFirstName], [ShippingCompany], [ShippingResidenceType],
        [ShippingAddress1], [ShippingAddress2], [ShippingSuite], [ShippingCity], [ShippingState], [ShippingZip],
        [ShippingCountry], [ShippingMethodID], [ShippingMethod], [ShippingPhone], [ShippingCalculationID], [Phone],
        [RegisterDate], [AffiliateID], [CouponCode], [CouponType], [CouponDescription], [CouponDiscountAmount],
        [CouponDiscountPercent], [CouponIncludesFreeShipping], [OkToEmail], [Deleted], [OrderSubtotal], [OrderTax],
        [OrderShippingCosts], [OrderTotal], [PaymentGateway], [AuthorizationPNREF], [OrderDate], [LevelID],
        [LevelName], [LevelDiscountPercent], [LevelDiscountAmount], [LevelHasFreeShipping],
        [LevelAllowsQuantityDiscounts], [LevelHasNoTax], [LevelAllowsCoupons], [LevelDiscountsApplyToExtendedPrices],
        [PaymentMethod], [OrderNotes], [PONumber], [DownloadEmailSentOn], [ReceiptEmailSentOn],
        [DistributorEmailSentOn], [ShippingTrackingNumber], [ShippedVIA], [TransactionState], [RefundReason],
        [OrderOptions], [OrderWeight], [LocaleSetting], [AlreadyConfirmed], [CartType], [ReadyToShip], [IsPrinted],
        [AuthorizedOn], [CapturedOn], [RefundedOn], [VoidedOn], [FraudedOn], [EditedOn], [TrackingURL],
        [ShippedEMailSentOn], [InventoryWasReduced], [MaxMindFraudScore], [VATRegistrationID], [TransactionType],
        [RecurringSubscriptionID], [RelatedOrderNumber], [UpdatedOn], [CreatedOn]';
GO

IF NOT EXISTS (SELECT 1 FROM cdc.change_tables WHERE capture_instance = N'dbo_Customer')
    EXEC sys.sp_cdc_enable_table
        @source_schema = N'dbo',
        @source_name = N'Customer',
        @role_name = NULL,
        @supports_net_changes = 0,
        @captured_column_list = N'
        [CustomerID], [CustomerLevelID], [StoreID], [RegisterDate], [Email], [FirstName], [LastName], [SkinID],
        [Phone], [AffiliateID], [CouponCode], [OkToEmail], [BillingEqualsShipping], [LocaleSetting],
        [MicroPayBalance], [RecurringShippingMethodID], [BillingAddressID], [ShippingAddressID], [Deleted],
        [CreatedOn], [Over13Checked], [CurrencySetting], [VATSetting], [VATRegistrationID], [IsRegistered], [Active],
        [RequestedPaymentMethod], [UpdatedOn]';
GO

IF NOT EXISTS (SELECT 1 FROM cdc.change_tables WHERE capture_instance = N'dbo_ShoppingCart')
    EXEC sys.sp_cdc_enable_table
        @source_schema = N'dbo',
        @source_name = N'ShoppingCart',
        @role_name = NULL,
        @supports_net_changes = 0,
        @captured_column_list = N'
        [ShoppingCartRecID], [ShoppingCartRecGUID], [StoreID], [CustomerID], [ProductSKU], [ProductPrice],
        [ProductWeight], [ProductID], [VariantID], [Quantity], [RequiresCount], [ChosenColor],
        [ChosenColorSKUModifier], [ChosenSize], [ChosenSizeSKUModifier], [IsTaxable], [IsShipSeparately],
        [IsDownload], [FreeShipping], [CreatedOn], [ProductDimensions], [CartType], [IsSecureAttachment],
        [TextOption], [NextRecurringShipDate], [RecurringIndex], [OriginalRecurringOrderNumber], [BillingAddressID],
        [ShippingAddressID], [ShippingMethodID], [ShippingMethod], [DistributorID], [Notes], [IsUpsell],
        [RecurringInterval], [RecurringIntervalType], [CustomerEntersPrice], [IsAKit], [IsKit2], [IsSystem],
        [TaxClassID], [TaxRate], [RecurringSubscriptionID], [IsGift], [GTIN], [UpdatedOn]';
GO

IF NOT EXISTS (SELECT 1 FROM cdc.change_tables WHERE capture_instance = N'dbo_Orders_ShoppingCart')
    EXEC sys.sp_cdc_enable_table
        @source_schema = N'dbo',
        @source_name = N'Orders_ShoppingCart',
        @role_name = NULL,
        @supports_net_changes = 0,
        @captured_column_list = N'
        [OrderNumber], [ShoppingCartRecID], [CustomerID], [ProductID], [VariantID], [Quantity], [ChosenColor],
        [ChosenColorSKUModifier], [ChosenSize], [ChosenSizeSKUModifier], [OrderedProductName],
        [OrderedProductVariantName], [OrderedProductSKU], [OrderedProductManufacturerPartNumber],
        [OrderedProductWeight], [OrderedProductPrice], [OrderedProductRegularPrice], [OrderedProductSalePrice],
        [OrderedProductExtendedPrice], [OrderedProductQuantityDiscountName], [OrderedProductQuantityDiscountID],
        [OrderedProductQuantityDiscountPercent], [IsTaxable], [IsShipSeparately], [IsDownload], [FreeShipping],
        [IsSecureAttachment], [TextOption], [CartType], [ShippingAddressID], [ShippingMethodID], [ShippingMethod],
        [DistributorID], [Notes], [DistributorEmailSentOn], [CreatedOn], [CustomerEntersPrice], [IsAKit], [IsSystem],
        [TaxClassID], [TaxRate], [IsGift], [DownloadStatus], [DownloadValidDays], [DownloadReleasedOn], [GTIN],
        [UpdatedOn]';
GO
