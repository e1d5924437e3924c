-- Logins with the least each part needs. Passwords come as sqlcmd variables (CDC_PASSWORD, EXECUTOR_PASSWORD, SHOP_PASSWORD)
-- and are set again whenever this runs.
--   millrace_cdc       the Debezium connector: reads the change tables and their source tables, nothing else
--   millrace_executor  applies commands: payment columns of Orders, what people say of themselves in Customer and Address,
--                      what a variant costs and how much is left of it, also what ended orders give back, and its own
--                      records of commands and of supplies
--   millrace_shop      the shop's own application, for the demo shopper
USE [master];
GO

IF NOT EXISTS (SELECT 1 FROM sys.server_principals WHERE name = N'millrace_cdc')
    CREATE LOGIN [millrace_cdc] WITH PASSWORD = N'$(CDC_PASSWORD)', CHECK_POLICY = OFF;
ELSE
    ALTER LOGIN [millrace_cdc] WITH PASSWORD = N'$(CDC_PASSWORD)';
GO

IF NOT EXISTS (SELECT 1 FROM sys.server_principals WHERE name = N'millrace_executor')
    CREATE LOGIN [millrace_executor] WITH PASSWORD = N'$(EXECUTOR_PASSWORD)', CHECK_POLICY = OFF;
ELSE
    ALTER LOGIN [millrace_executor] WITH PASSWORD = N'$(EXECUTOR_PASSWORD)';
GO

IF NOT EXISTS (SELECT 1 FROM sys.server_principals WHERE name = N'millrace_shop')
    CREATE LOGIN [millrace_shop] WITH PASSWORD = N'$(SHOP_PASSWORD)', CHECK_POLICY = OFF;
ELSE
    ALTER LOGIN [millrace_shop] WITH PASSWORD = N'$(SHOP_PASSWORD)';
GO

-- the connector asks whether SQL Server Agent, which runs the capture job, is up
GRANT VIEW SERVER STATE TO [millrace_cdc];
GO
USE [$(DATABASE)];
GO

IF NOT EXISTS (SELECT 1 FROM sys.database_principals WHERE name = N'millrace_cdc')
    CREATE USER [millrace_cdc] FOR LOGIN [millrace_cdc];
GO

IF NOT EXISTS (SELECT 1 FROM sys.database_principals WHERE name = N'millrace_executor')
    CREATE USER [millrace_executor] FOR LOGIN [millrace_executor];
GO

IF NOT EXISTS (SELECT 1 FROM sys.database_principals WHERE name = N'millrace_shop')
    CREATE USER [millrace_shop] FOR LOGIN [millrace_shop];
GO

IF NOT EXISTS (SELECT 1 FROM sys.database_principals WHERE name = N'millrace_capture')
    CREATE ROLE [millrace_capture];
GO
ALTER ROLE [millrace_capture] ADD MEMBER [millrace_cdc];
GO
GRANT SELECT ON SCHEMA::[cdc] TO [millrace_capture];
GRANT EXECUTE ON SCHEMA::[cdc] TO [millrace_capture];
GRANT VIEW DATABASE STATE TO [millrace_capture];
-- The captured columns and no others: the snapshot reads just these. It takes no table locks (snapshot.locking.mode=none),
-- which would need SELECT on every column, also on those of cards.
GRANT SELECT ON dbo.Orders (
    OrderNumber, OrderGUID, StoreID, ParentOrderNumber, StoreVersion, QuoteCheckout, IsNew, ShippedOn, CustomerID,
    SkinID, LastName, FirstName, Email, BillingEqualsShipping, BillingLastName, BillingFirstName, BillingCompany,
    BillingAddress1, BillingAddress2, BillingSuite, BillingCity, BillingState, BillingZip, BillingCountry,
    BillingPhone, ShippingLastName, ShippingFirstName, ShippingCompany, ShippingResidenceType, ShippingAddress1,
    ShippingAddress2, ShippingSuite, ShippingCity, ShippingState, ShippingZip, ShippingCountry, ShippingMethodID,
    ShippingMethod, ShippingPhone, ShippingCalculationID, Phone, RegisterDate, AffiliateID, CouponCode, CouponType,
    CouponDescription, CouponDiscountAmount, CouponDiscountPercent, CouponIncludesFreeShipping, OkToEmail, Deleted,
    OrderSubtotal, OrderTax, OrderShippingCosts, OrderTotal, PaymentGateway, AuthorizationPNREF, OrderDate, LevelID,
    LevelName, LevelDiscountPercent, LevelDiscountAmount, LevelHasFreeShipping, LevelAllowsQuantityDiscounts,
    LevelHasNoTax, LevelAllowsCoupons, LevelDiscountsApplyToExtendedPrices, PaymentMethod, OrderNotes, PONumber,
    DownloadEmailSentOn, ReceiptEmailSentOn, DistributorEmailSentOn, ShippingTrackingNumber, ShippedVIA,
    TransactionState, RefundReason, OrderOptions, OrderWeight, LocaleSetting, AlreadyConfirmed, CartType, ReadyToShip,
    IsPrinted, AuthorizedOn, CapturedOn, RefundedOn, VoidedOn, FraudedOn, EditedOn, TrackingURL, ShippedEMailSentOn,
    InventoryWasReduced, MaxMindFraudScore, VATRegistrationID, TransactionType, RecurringSubscriptionID,
    RelatedOrderNumber, UpdatedOn, CreatedOn
) TO [millrace_capture];
GRANT SELECT ON dbo.Customer (
    CustomerID, CustomerLevelID, StoreID, RegisterDate, Email, FirstName, LastName, SkinID, Phone, AffiliateID,
    CouponCode, OkToEmail, BillingEqualsShipping, LocaleSetting, MicroPayBalance, RecurringShippingMethodID,
    BillingAddressID, ShippingAddressID, Deleted, CreatedOn, Over13Checked, CurrencySetting, VATSetting,
    VATRegistrationID, IsRegistered, Active, RequestedPaymentMethod, UpdatedOn
) TO [millrace_capture];
GRANT SELECT ON dbo.Address (
    AddressID, CustomerID, FirstName, LastName, Company, Address1, Address2, Suite, City, State, Zip, Country, Phone,
    Deleted, UpdatedOn
) TO [millrace_capture];
GRANT SELECT ON dbo.ShoppingCart (
    ShoppingCartRecID, ShoppingCartRecGUID, StoreID, CustomerID, ProductSKU, ProductPrice, ProductWeight, ProductID,
    VariantID, Quantity, RequiresCount, ChosenColor, ChosenColorSKUModifier, ChosenSize, ChosenSizeSKUModifier,
    IsTaxable, IsShipSeparately, IsDownload, FreeShipping, CreatedOn, ProductDimensions, CartType, IsSecureAttachment,
    TextOption, NextRecurringShipDate, RecurringIndex, OriginalRecurringOrderNumber, BillingAddressID,
    ShippingAddressID, ShippingMethodID, ShippingMethod, DistributorID, Notes, IsUpsell, RecurringInterval,
    RecurringIntervalType, CustomerEntersPrice, IsAKit, IsKit2, IsSystem, TaxClassID, TaxRate,
    RecurringSubscriptionID, IsGift, GTIN, UpdatedOn
) TO [millrace_capture];
GRANT SELECT ON dbo.Orders_ShoppingCart (
    OrderNumber, ShoppingCartRecID, CustomerID, ProductID, VariantID, Quantity, ChosenColor, ChosenColorSKUModifier,
    ChosenSize, ChosenSizeSKUModifier, OrderedProductName, OrderedProductVariantName, OrderedProductSKU,
    OrderedProductManufacturerPartNumber, OrderedProductWeight, OrderedProductPrice, OrderedProductRegularPrice,
    OrderedProductSalePrice, OrderedProductExtendedPrice, OrderedProductQuantityDiscountName,
    OrderedProductQuantityDiscountID, OrderedProductQuantityDiscountPercent, IsTaxable, IsShipSeparately, IsDownload,
    FreeShipping, IsSecureAttachment, TextOption, CartType, ShippingAddressID, ShippingMethodID, ShippingMethod,
    DistributorID, Notes, DistributorEmailSentOn, CreatedOn, CustomerEntersPrice, IsAKit, IsSystem, TaxClassID,
    TaxRate, IsGift, DownloadStatus, DownloadValidDays, DownloadReleasedOn, GTIN, UpdatedOn
) TO [millrace_capture];
GRANT SELECT ON dbo.Product (
    ProductID, Name, SKU, ManufacturerPartNumber, ProductTypeID, TaxClassID, Published, Deleted, IsSystem, IsAKit,
    IsCalltoOrder, TrackInventoryBySizeAndColor, TrackInventoryBySize, TrackInventoryByColor, CreatedOn
) TO [millrace_capture];
GRANT SELECT ON dbo.ProductVariant (
    VariantID, ProductID, IsDefault, Name, SKUSuffix, ManufacturerPartNumber, Price, SalePrice, Weight, Inventory,
    IsTaxable, Published, Deleted, IsRecurring, RecurringInterval, RecurringIntervalType, IsDownload, FreeShipping,
    CustomerEntersPrice, GTIN, CreatedOn
) TO [millrace_capture];
GRANT SELECT ON dbo.Inventory (
    InventoryID, VariantID, Color, Size, Quan, VendorFullSKU, GTIN, CreatedOn
) TO [millrace_capture];
GO

IF NOT EXISTS (SELECT 1 FROM sys.database_principals WHERE name = N'millrace_commands')
    CREATE ROLE [millrace_commands];
GO
ALTER ROLE [millrace_commands] ADD MEMBER [millrace_executor];
GO
GRANT SELECT ON dbo.Orders (
    OrderNumber, StoreID, ParentOrderNumber, RecurringSubscriptionID, CustomerID, Email, OrderDate, OrderTotal, OrderSubtotal, OrderTax,
    OrderShippingCosts, CouponType, CouponDiscountAmount, PaymentMethod, PaymentGateway, AuthorizationPNREF, TransactionState, TransactionType, IsNew,
    AuthorizedOn, CapturedOn, RefundedOn, VoidedOn, FraudedOn, ShippedOn, ShippedVIA, ShippingTrackingNumber,
    RefundReason, CustomerServiceNotes, ReadyToShip, InventoryWasReduced, UpdatedOn
) TO [millrace_commands];
GRANT UPDATE ON dbo.Orders (
    TransactionState, AuthorizationPNREF, PaymentGateway, AuthorizedOn, CapturedOn, RefundedOn, VoidedOn,
    CustomerServiceNotes, RefundReason, IsNew, ReadyToShip, ShippedOn, ShippedVIA, ShippingTrackingNumber,
    InventoryWasReduced
) TO [millrace_commands];
-- What an order that is ended had taken off the stock is put back.
GRANT SELECT ON dbo.Orders_ShoppingCart (
    OrderNumber, ProductID, VariantID, Quantity, ChosenColor, ChosenSize
) TO [millrace_commands];
GRANT SELECT ON dbo.Product (
    ProductID, TrackInventoryBySizeAndColor, TrackInventoryBySize, TrackInventoryByColor
) TO [millrace_commands];
GRANT SELECT ON dbo.ProductVariant (VariantID, Inventory) TO [millrace_commands];
GRANT UPDATE ON dbo.ProductVariant (Inventory) TO [millrace_commands];
GRANT SELECT ON dbo.Inventory (VariantID, Color, Size, Quan) TO [millrace_commands];
GRANT UPDATE ON dbo.Inventory (Quan) TO [millrace_commands];
GRANT SELECT ON dbo.Customer (
    CustomerID, Email, FirstName, LastName, Phone, IsRegistered, Active, Deleted, BillingAddressID
) TO [millrace_commands];
-- What is written and never read is emptied when somebody is to be forgotten.
GRANT UPDATE ON dbo.Customer (
    Email, FirstName, LastName, Phone, FAX, Gender, Notes, LastIPAddress, VATRegistrationID, Password, Active,
    BillingAddressID, ShippingAddressID
) TO [millrace_commands];
GRANT SELECT ON dbo.Address (
    AddressID, CustomerID, Address1, Address2, Suite, City, State, Zip, Country, Deleted
) TO [millrace_commands];
GRANT UPDATE ON dbo.Address (Address1, Address2, Suite, City, State, Zip, Country) TO [millrace_commands];
GRANT INSERT, DELETE ON dbo.Address TO [millrace_commands];
-- What a variant costs, how much of it is left, and how much of it orders hold.
GRANT SELECT ON dbo.Product (
    ProductID, Name, SKU, Published, Deleted, IsSystem,
    TrackInventoryBySizeAndColor, TrackInventoryBySize, TrackInventoryByColor
) TO [millrace_commands];
GRANT SELECT ON dbo.ProductVariant (
    VariantID, ProductID, Name, SKUSuffix, Price, SalePrice, Inventory, Published, Deleted
) TO [millrace_commands];
GRANT UPDATE ON dbo.ProductVariant (Price, SalePrice, Inventory) TO [millrace_commands];
GRANT SELECT ON dbo.Inventory (InventoryID, VariantID, Color, Size, Quan) TO [millrace_commands];
GRANT UPDATE ON dbo.Inventory (Quan) TO [millrace_commands];
GRANT SELECT ON dbo.Orders_ShoppingCart (
    OrderNumber, ShoppingCartRecID, VariantID, Quantity, ChosenColor, ChosenSize
) TO [millrace_commands];
GRANT SELECT, INSERT, UPDATE ON dbo.Millrace_ItemSupply TO [millrace_commands];
GRANT SELECT, INSERT ON dbo.Millrace_AppliedCommand TO [millrace_commands];
GO

ALTER ROLE [db_datareader] ADD MEMBER [millrace_shop];
ALTER ROLE [db_datawriter] ADD MEMBER [millrace_shop];
GO
